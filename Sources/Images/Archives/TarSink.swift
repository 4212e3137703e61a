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
        try write(Self.header("\(path)/", type: "5", mode: 0o755, size: 0))
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
        let isLong = path.utf8.count > 100
        let isLarge = size >= 1 << 33
        var result: [UInt8] = []
        if isLong || isLarge {
            let records = (isLong ? record("path", path) : []) + (isLarge ? record("size", String(size)) : [])
            result += header("pax", type: "x", mode: 0o644, size: UInt64(records.count))
            result += records + [UInt8](repeating: 0, count: -records.count & 511)
        }
        return result + header(String(path.prefix(100)), type: "0", mode: 0o644, size: isLarge ? 0 : size)
    }

    private static func header(_ name: String, type: Unicode.Scalar, mode: Int, size: UInt64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarHeader.byteCount)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: some BinaryInteger, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.utf8.count) + text
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(0, 11), at: 136)
        block[156] = UInt8(ascii: type)
        put("ustar", at: 257)
        put("00", at: 263)
        // The checksum's own field counts as blanks.
        let sum = block.reduce(8 * 0x20) { $0 + Int($1) }
        put("\(octal(sum, 6))\u{0} ", at: 148)
        return block
    }

    /// A pax record, whose length counts its own digits.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while String(length).utf8.count + rest.utf8.count != length { length += 1 }
        return Array("\(length)\(rest)".utf8)
    }
}
