import Linux
import Model

/// An archive as a tar file: ustar headers (POSIX pax, "ustar Interchange Format"), with a pax header only where a name
/// or size doesn't fit. Everything belongs to root and is of 1970.
final class TarSink: ArchiveSink {
    private let file: Descriptor
    /// Bytes after the current file's end up to the next block.
    private var padding = 0

    init(_ file: consuming Descriptor) { self.file = file }

    func makeDirectory(_ path: String) throws(Refusal) {
        var fields = UstarFields(type: "5")
        // The writer's own, and short.
        _ = fields.setName(Array("\(path)/".utf8))
        fields.mode = 0o755
        try write(fields.block)
    }

    func begin(_ path: String, size: UInt64) throws(Refusal) {
        try write(Self.headers(path, size: size))
        padding = Int(truncatingIfNeeded: 0 &- size) & 511
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        do throws(SystemError) { try file.write(bytes) } catch { throw Refusal(error) }
    }

    func end() throws(Refusal) { try write([UInt8](repeating: 0, count: padding)) }

    func finish(with path: String, _ bytes: [UInt8]) throws(Refusal) {
        try add(path, bytes)
        try write([UInt8](repeating: 0, count: 2 * TarHeader.byteCount))
    }

    private func write(_ bytes: [UInt8]) throws(Refusal) {
        do throws(SystemError) { try file.write(bytes) } catch { throw Refusal(error) }
    }

    // MARK: Headers

    /// All headers of a regular file.
    static func headers(_ path: String, size: UInt64) -> [UInt8] {
        var fields = UstarFields(type: "0")
        var records = PaxText()
        if !fields.setName(Array(path.utf8)) { records["path"] = path }
        if !fields.set(\.size, size) { records["size"] = "\(size)" }
        fields.mode = 0o644
        return records.member(for: ImageArchive.path(path)) + fields.block
    }
}
