import Glibc
import Linux

/// The file that `--cidfile` names: made before the container, so that none is made whose id could not be written.
struct IDFile: ~Copyable {
    private let file: Descriptor

    init(_ path: String) throws {
        do throws(SystemError) {
            file = try Files.open(KernelPath(path), flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        } catch {
            guard error.errno == .exists else { throw error }
            throw UsageError("write --cidfile \(path): the file exists", hints: ["remove it, or name another"])
        }
    }

    func write(_ id: String) throws { try file.write(Array(id.utf8)) }
}
