import Glibc
import Linux
import Model

/// A file that is being written under a temporary name. Its owner renames or removes it;
/// what a killed process leaves is garbage that nothing looks at.
final class TemporaryFile {
    let descriptor: Descriptor
    /// Relative to the directory that it was made in.
    let path: String

    /// Whether a name in a directory of packs is one of ours. Git's own have no second number.
    static func isName(_ name: Substring) -> Bool { name.hasPrefix("tmp_") && name.split(separator: "_").count == 4 }

    private init(_ descriptor: consuming Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// - Parameter prefix: of the path, to which a unique part is added.
    static func create(_ prefix: String, in directory: DirectoryReference) throws(SystemError) -> TemporaryFile {
        while true {
            let path = "\(prefix)\(getpid())_\(String(UInt64.random(in: 0...(.max)), radix: 36))"
            do throws(SystemError) {
                let descriptor = try Files.open(
                    KernelPath(path), in: directory, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o444)
                // Whatever the umask is: what the mode says is part of the repository's format.
                try system("change permissions of", path) { fchmod(descriptor.raw, 0o444) }
                return TemporaryFile(descriptor, path: path)
            } catch {
                if error.errno != .exists { throw error }
            }
        }
    }
}

extension Files {
    /// Removes what may be gone already.
    static func removeIfPresent(_ path: KernelPath, in directory: DirectoryReference) throws(SystemError) {
        do throws(SystemError) { try remove(path, in: directory) } catch {
            if error.errno != .noEntry { throw error }
        }
    }

    /// Flushes a file or directory by name.
    static func synchronize(_ path: KernelPath, in directory: DirectoryReference) throws(SystemError) {
        try open(path, in: directory, flags: O_RDONLY | O_NOFOLLOW).synchronize()
    }
}
