/// Which extended attributes a file of a root filesystem can have: those that both kinds of checkout can hold, so that
/// what was taken in can always be started. Import, capture and the writer of metadata images ask here.
extension Attributes {
    /// Bytes that all extended attributes of one file may take in a metadata image: what EROFS can count, 12 and
    /// 65,534 times 4 (`i_xattr_icount` of fs/erofs/erofs_fs.h), less the two marks of a body in the pool.
    public static let largestXattrSize = 12 + 4 * 65_534 - 84

    /// Why these extended attributes can't be held; nil where they can.
    public var xattrProblem: String? {
        var size = 12
        for xattr in xattrs {
            if let problem = xattr.problem(on: kind) { return problem }
            size += xattr.imageSize
        }
        if size <= Self.largestXattrSize { return nil }
        return "its extended attributes take \(size) bytes, more than \(Self.largestXattrSize)"
    }
}

extension ExtendedAttribute {
    /// XATTR_NAME_MAX of linux/limits.h.
    private static let longestName = 255
    /// One less than XATTR_SIZE_MAX of linux/limits.h: EROFS counts in 16 bits.
    private static let longestValue = 65_535
    private static let accessList: ByteName = "system.posix_acl_access"
    private static let defaultList: ByteName = "system.posix_acl_default"
    private static let namespaces: [ByteName] = ["user.", "trusted.", "security."]
    private static let overlay: ByteName = "trusted.overlay."

    /// Bytes that overlayfs wants before the rest of a name that is its own, `trusted.overlay.…`, where it is content
    /// (overlayfs.rst, "Nesting overlayfs mounts").
    private var escapeSize: Int { name.hasPrefix(Self.overlay) ? 8 : 0 }

    /// Bytes of struct erofs_xattr_entry with name and value.
    fileprivate var imageSize: Int {
        let namespace = Self.namespaces.first { name.hasPrefix($0) } ?? name
        return (4 + name.bytes.count - namespace.bytes.count + escapeSize + value.count + 3) & ~3
    }

    fileprivate func problem(on kind: FileKind) -> String? {
        let isList = name == Self.accessList || name == Self.defaultList
        guard isList || Self.namespaces.contains(where: { name.hasPrefix($0) && name != $0 }), !name.bytes.contains(0)
        else { return "no attribute can be called '\(name)': it has to be user.…, trusted.…, security.… or an ACL" }
        let limit = Self.longestName - escapeSize
        if name.bytes.count > limit { return "the name of attribute '\(name)' is longer than \(limit) bytes" }
        if value.count > Self.longestValue {
            return "attribute '\(name)' has a value of more than \(Self.longestValue) bytes"
        }
        // xattr(7), acl(5): the kernel takes them on no other kind.
        let canHave =
            switch name {
            case Self.accessList: kind != .symlink
            case Self.defaultList: kind == .directory
            default: !name.hasPrefix("user.") || kind == .regular || kind == .directory
            }
        return canHave ? nil : "no file of its kind can have the attribute '\(name)'"
    }
}
