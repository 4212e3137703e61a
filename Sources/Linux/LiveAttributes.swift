import Model

extension Files {
    /// All about an entry as it is now, but for its name, its hard links and, of a regular file, its holes. No symlink is
    /// followed.
    public static func attributes(
        _ path: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) -> Attributes {
        let status = try status(path, in: directory)
        let isDevice = status.kind == .characterDevice || status.kind == .blockDevice
        return Attributes(
            kind: status.kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
            modified: status.modified, size: status.kind == .regular || status.kind == .symlink ? status.size : 0,
            device: isDevice ? status.device : nil, xattrs: try Xattrs.all(path, in: directory))
    }
}
