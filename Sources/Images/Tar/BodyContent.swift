import Linux

/// A file's body, wherever it is stored.
public enum BodyContent: ~Copyable {
    case bytes([UInt8])
    /// Open for reading.
    case file(Descriptor)

    /// Reads up to `buffer.count` bytes at `offset`; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
        switch self {
        case .bytes(let bytes):
            guard offset < UInt64(bytes.count) else { return 0 }
            let part = bytes[Int(offset)...].prefix(buffer.count)
            buffer.copyBytes(from: part)
            return part.count
        case .file(let file): return try file.read(into: buffer, at: offset)
        }
    }
}
