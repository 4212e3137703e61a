import Glibc
import Linux
import Model

/// An image layout as a directory, which was empty.
final class DirectorySink: ArchiveSink {
    private let directory: Descriptor
    private var file: Descriptor?

    init(_ directory: consuming Descriptor) throws(Refusal) {
        do throws(SystemError) {
            guard try Files.names(in: directory).isEmpty else { throw SystemError("write", "", .notEmpty) }
        } catch { throw Refusal(error) }
        self.directory = directory
    }

    func makeDirectory(_ path: String) throws(Refusal) {
        do throws(SystemError) {
            try Files.makeDirectory(KernelPath(path), in: directory.reference, mode: 0o755)
        } catch { throw Refusal(error) }
    }

    func begin(_ path: String, size: UInt64) throws(Refusal) {
        do throws(SystemError) {
            file = try Files.open(
                KernelPath(path), in: directory.reference, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644,
                resolve: [.beneath, .noSymlinks])
        } catch { throw Refusal(error) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        do throws(SystemError) { try file?.write(bytes) } catch { throw Refusal(error) }
    }

    func end() { file = nil }

    /// All else is on the disk before the last file is there.
    func finish(with path: String, _ bytes: [UInt8]) throws(Refusal) {
        do throws(SystemError) { try directory.synchronizeFilesystem() } catch { throw Refusal(error) }
        try add(path, bytes)
        do throws(SystemError) { try directory.synchronizeFilesystem() } catch { throw Refusal(error) }
    }
}
