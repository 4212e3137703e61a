import Glibc
import Linux
import Model

/// An image layout that is a directory. Nothing outside of it is ever opened, and no symlink followed.
final class DirectoryFiles: ArchiveFiles {
    private let directory: Descriptor

    init(_ directory: consuming Descriptor) { self.directory = directory }

    func size(of path: BytePath) throws(Refusal) -> UInt64? {
        guard let file = try openIfPresent(path) else { return nil }
        return file.size
    }

    func open(_ path: BytePath) throws(Refusal) -> FilePart {
        guard let file = try openIfPresent(path) else { throw Refusal("it is missing") }
        return file
    }

    private func openIfPresent(_ path: BytePath) throws(Refusal) -> FilePart? {
        do throws(SystemError) {
            // Without O_NONBLOCK a FIFO would keep us waiting.
            let file = try Files.open(
                KernelPath(relative: path), in: directory.reference, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY,
                resolve: [.beneath, .noSymlinks])
            let status = try file.status()
            guard status.kind == .regular else { throw SystemError("open", "", Errno(rawValue: EINVAL)) }
            return FilePart(descriptor: file, offset: 0, size: status.size)
        } catch {
            switch error.errno {
            case .noEntry, .notDirectory: return nil
            case .loop: throw Refusal("it is a symlink, or lies behind one")
            case .invalid: throw Refusal("it is no regular file")
            default: throw Refusal(error)
            }
        }
    }
}
