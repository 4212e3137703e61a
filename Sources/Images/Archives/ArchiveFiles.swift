import Linux
import Model

/// The files of an image archive, by their paths in it: a tar file's members, or what lies below a directory.
protocol ArchiveFiles: AnyObject {
    /// The size of the regular file at a path; nil where nothing is.
    func size(of path: BytePath) throws(Refusal) -> UInt64?

    /// The same file's content.
    func open(_ path: BytePath) throws(Refusal) -> FilePart
}

/// A file, or a part of one, for reading.
struct FilePart: ~Copyable {
    let descriptor: Descriptor
    let offset: UInt64
    let size: UInt64
}

extension Refusal {
    /// Why the kernel refused.
    init(_ error: SystemError) { self.init("\(error.operation): \(error.errno)") }
}
