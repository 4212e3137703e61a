import Images

/// Bytes in pieces of a size that is no power of two.
final class BytesSource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1009, alignment: 1)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    deinit { buffer.deallocate() }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let count = min(buffer.count, bytes.count - position)
        buffer.copyBytes(from: bytes[position..<(position + count)])
        position += count
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
}
