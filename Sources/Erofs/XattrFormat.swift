import Model

/// How one extended attribute's name is stored: a number for its namespace, and the rest of the name.
struct XattrName {
    let index: UInt8
    /// Bytes of the name that the index stands for.
    let prefixLength: Int
    /// Whether `overlay.` is put before the rest, so that overlayfs takes it for content and not for itself
    /// (Documentation/filesystems/overlayfs.rst, "Nesting overlayfs mounts").
    let isEscaped: Bool
    /// Bytes of the rest as stored.
    let storedLength: Int

    static let user: UInt8 = 1
    static let accessACL: UInt8 = 2
    static let defaultACL: UInt8 = 3
    static let trusted: UInt8 = 4
    static let security: UInt8 = 6

    static let escape = Array("overlay.".utf8)
    private static let overlay: ByteName = "trusted.overlay."
    private static let exact: [(name: ByteName, index: UInt8)] = [
        ("system.posix_acl_access", accessACL), ("system.posix_acl_default", defaultACL),
    ]
    private static let prefixes: [(prefix: ByteName, index: UInt8)] = [
        ("user.", user), ("trusted.", trusted), ("security.", security),
    ]
    /// - Parameter name: one that an inode's `xattrProblem` had nothing to say of.
    init(_ name: ByteName) throws(ErofsError.Cause) {
        isEscaped = name.hasPrefix(Self.overlay)
        if let match = Self.exact.first(where: { $0.name == name }) {
            (index, prefixLength, storedLength) = (match.index, name.bytes.count, 0)
            return
        }
        guard let match = Self.prefixes.first(where: { name.hasPrefix($0.prefix) }) else {
            throw .malformed("attribute \(name) is in no namespace that the format has")
        }
        let escape = isEscaped ? Self.escape.count : 0
        (index, prefixLength) = (match.index, match.prefix.bytes.count)
        storedLength = name.bytes.count - prefixLength + escape
    }

    /// The name of content that was stored like this; nil for a namespace that is never written, and for
    /// attributes meant for overlayfs.
    static func name(index: UInt8, stored: ArraySlice<UInt8>) -> ByteName? {
        if let match = exact.first(where: { $0.index == index }) { return stored.isEmpty ? match.name : nil }
        guard let match = prefixes.first(where: { $0.index == index }), !stored.isEmpty else { return nil }
        if index == trusted, stored.starts(with: escape) {
            let rest = stored.dropFirst(escape.count)
            return rest.starts(with: escape) ? ByteName(match.prefix.bytes + rest) : nil
        }
        return ByteName(match.prefix.bytes + stored)
    }
}

/// The two attributes that make overlayfs look for a file's body in the data-only layer.
enum OverlayXattr {
    static let metacopy = Array("overlay.metacopy".utf8)
    static let redirect = Array("overlay.redirect".utf8)
}

extension ImageInode {
    /// Bytes of the xattrs after the inode, header included; 0 without any.
    func xattrSize() throws(ErofsError.Cause) -> Int {
        if let problem = attributes.xattrProblem { throw .limit(problem) }
        var size = 0
        if case .pooled(let redirect) = content {
            size += Self.storedSize(name: OverlayXattr.metacopy.count, value: 0)
            size += Self.storedSize(name: OverlayXattr.redirect.count, value: redirect.count)
        }
        var previous: ByteName?
        for attribute in attributes.xattrs {
            if let previous, previous >= attribute.name {
                throw .malformed("attribute \(attribute.name) is out of order or there twice")
            }
            previous = attribute.name
            let name = try XattrName(attribute.name)
            size += Self.storedSize(name: name.storedLength, value: attribute.value.count)
        }
        if size == 0 { return 0 }
        guard size + Format.xattrHeaderSize <= Format.largestXattrSize else {
            throw .limit("the attributes take more than \(Format.largestXattrSize) bytes")
        }
        return size + Format.xattrHeaderSize
    }

    private static func storedSize(name: Int, value: Int) -> Int {
        (Format.xattrEntrySize + name + value + 3) & ~3
    }
}
