import Linux
import Model

/// One entry of a directory on disk, as it was found.
struct Found {
    let status: FileStatus
    /// Without size and holes, which only a regular file and a symlink have.
    let attributes: Attributes
    let overlay: OverlayMarks

    /// - Parameter isUpper: whether overlayfs writes marks here; elsewhere its names are content like any other.
    init(_ name: ByteName, in directory: borrowing Descriptor, isUpper: Bool) throws(SystemError) {
        let kernelPath = KernelPath(name)
        status = try Files.status(kernelPath, in: directory.reference)
        let all = try Xattrs.all(kernelPath, in: directory.reference) {
            !isUpper || !OverlayMarks.bookkeeping.contains($0)
        }
        overlay = OverlayMarks(isUpper ? all : [])
        let isDevice = status.kind == .characterDevice || status.kind == .blockDevice
        attributes = Attributes(
            kind: status.kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
            modified: status.modified, device: isDevice ? status.device : nil,
            xattrs: isUpper ? OverlayXattrs.content(of: all) : all)
    }
}

extension Found {
    /// Fails with `unsupported` where no checkout could hold its extended attributes.
    func checked(at path: BytePath) throws(SnapshotError) -> Found {
        if let problem = attributes.xattrProblem { throw .unsupported(path, problem) }
        return self
    }
}

/// What overlayfs wrote into an upper directory about one entry (overlayfs.rst).
struct OverlayMarks {
    var isOpaque = false
    var isMetacopy = false
    /// A name in the same lower directory, or with a leading slash a path from the lower root.
    var redirect: [UInt8]?

    static let redirectName: ByteName = "trusted.overlay.redirect"

    /// Marks that tell nothing about content: their values are not read.
    static let bookkeeping: Set<ByteName> = [
        "trusted.overlay.origin", "trusted.overlay.impure", "trusted.overlay.nlink", "trusted.overlay.upper",
        "trusted.overlay.uuid", "trusted.overlay.protattr",
    ]

    init(_ xattrs: [ExtendedAttribute]) {
        for xattr in xattrs where xattr.name.hasPrefix(OverlayXattrs.prefix) {
            switch xattr.name {
            case "trusted.overlay.opaque": isOpaque = xattr.value == [UInt8(ascii: "y")]
            case "trusted.overlay.metacopy": isMetacopy = true
            case Self.redirectName: redirect = xattr.value
            default: break
            }
        }
    }
}

/// Overlayfs keeps its own marks in `trusted.overlay.*`, and shows such attributes of the content itself under
/// `trusted.overlay.overlay.*` (overlayfs.rst, "Nesting overlayfs mounts").
enum OverlayXattrs {
    static let prefix: ByteName = "trusted.overlay."
    private static let escaped: ByteName = "trusted.overlay.overlay."

    /// The attributes that belong to the content, by their real names.
    static func content(of xattrs: [ExtendedAttribute]) -> [ExtendedAttribute] {
        guard xattrs.contains(where: { $0.name.hasPrefix(prefix) }) else { return xattrs }
        return xattrs.compactMap { xattr in
            if !xattr.name.hasPrefix(prefix) { return xattr }
            guard xattr.name.hasPrefix(escaped) else { return nil }
            let rest = xattr.name.bytes[escaped.bytes.count...]
            return ExtendedAttribute(name: ByteName(prefix.bytes + rest), value: xattr.value)
        }
        .sorted { $0.name < $1.name }
    }

    /// The name under which a layer has to hold an attribute so that overlayfs shows it as `name`.
    static func stored(_ name: ByteName) -> ByteName {
        name.hasPrefix(prefix) ? ByteName(escaped.bytes + name.bytes[prefix.bytes.count...]) : name
    }
}
