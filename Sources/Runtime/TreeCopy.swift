import Glibc
import Linux
import Model

/// Copies a directory's content, with owners, permissions, times and attributes. The source is not trusted: no symlink is
/// followed and no device opened.
enum TreeCopy {
    static func copy(_ source: borrowing Descriptor, to target: borrowing Descriptor) throws(SystemError) {
        for name in try Files.names(in: source) {
            let path = KernelPath(name)
            let status = try Files.status(path, in: source.reference)
            try make(path, status, from: source, in: target)
            try Files.setOwner(path, in: target.reference, uid: status.uid, gid: status.gid)
            for attribute in try Xattrs.all(path, in: source.reference) {
                do throws(SystemError) { try Xattrs.set(attribute, path, in: target.reference) } catch {
                    // A tmpfs knows fewer kinds of them, depending on the kernel.
                    if error.errno != .notSupported { throw error }
                }
            }
            // After the owner, whose change takes bits away, and after the content, which changes times.
            if status.kind != .symlink { try Files.setPermissions(path, in: target.reference, status.permissions) }
            try Files.setModified(path, in: target.reference, status.modified)
        }
    }

    private static func make(
        _ path: KernelPath, _ status: FileStatus, from source: borrowing Descriptor, in target: borrowing Descriptor
    ) throws(SystemError) {
        switch status.kind {
        case .directory:
            try Files.makeDirectory(path, in: target.reference, mode: 0o700)
            try copy(
                try Files.openDirectory(path, in: source.reference),
                to: try Files.openDirectory(path, in: target.reference))
        case .regular:
            let file = try Files.open(path, in: source.reference, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            try file.copy(
                to: try Files.open(path, in: target.reference, flags: flags, mode: 0o600), size: status.size, holes: [])
        case .symlink:
            try Files.makeSymlink(
                path, in: target.reference, target: KernelPath(try Files.readLink(path, in: source.reference)))
        default:
            try Files.makeNode(
                path, in: target.reference, mode: status.kind.modeBits | 0o600, device: status.device)
        }
    }
}
