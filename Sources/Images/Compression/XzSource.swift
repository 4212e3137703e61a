import CLzma

/// xz (its file format, version 1.2), by liblzma itself: libarchive's filter takes as much memory as the data asks for.
final class XzSource: ByteSource {
    /// For the decoder. A dictionary of 256 MiB fits; `xz -9` has one of 64 MiB.
    static let maximumMemory: UInt64 = 272 << 20

    private let input: any ByteSource
    private let name: String
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
    private var isInputAtEnd = false
    private var hasEnded = false

    init(_ input: any ByteSource, name: String) throws(ImagesError) {
        self.input = input
        self.name = name
        stream.initialize(to: lzma_stream())
        // LZMA_CONCATENATED, a macro: one stream may follow another.
        guard lzma_stream_decoder(stream, Self.maximumMemory, 0x08) == LZMA_OK else {
            throw ImagesError("read archive", name, "no memory to decompress")
        }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = buffer.count
        while !hasEnded, stream.pointee.avail_out == buffer.count {
            if stream.pointee.avail_in == 0, !isInputAtEnd {
                let chunk = try input.next()
                stream.pointee.next_in = chunk.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_in = chunk.count
                isInputAtEnd = chunk.isEmpty
            }
            switch lzma_code(stream, isInputAtEnd ? LZMA_FINISH : LZMA_RUN) {
            case LZMA_OK: break
            case LZMA_STREAM_END: hasEnded = true
            case LZMA_BUF_ERROR: throw refused("the xz data ends too early")
            case LZMA_MEMLIMIT_ERROR:
                throw refused(
                    "decompressing takes \(lzma_memusage(stream)) bytes of memory, more than \(Self.maximumMemory)")
            case LZMA_MEM_ERROR: throw refused("no memory to decompress")
            default: throw refused("the xz data is damaged")
            }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<(buffer.count - stream.pointee.avail_out)])
    }

    private func refused(_ reason: String) -> ImagesError { ImagesError("read archive", name, reason) }
}
