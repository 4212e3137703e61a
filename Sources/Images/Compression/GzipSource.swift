import CZlib

/// Gzip (RFC 1952), by zlib itself: libarchive's filter doesn't compare the checksums, and takes garbage for the end.
final class GzipSource: ByteSource {
    private let input: any ByteSource
    private let name: String
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    /// Between members, where the data may end.
    private var isBetweenMembers = false

    init(_ input: any ByteSource, name: String) throws(ImagesError) {
        self.input = input
        self.name = name
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for the gzip wrapper with its checksum (zlib.h, inflateInit2).
        guard inflateInit2_(stream, 15 + 16, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ImagesError("read archive", name, "no memory to decompress")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(buffer.count)
        while stream.pointee.avail_out == UInt32(buffer.count) {
            guard try refill() else {
                guard isBetweenMembers else { throw refused("the gzip data ends too early") }
                break
            }
            if isBetweenMembers {
                if try skipPadding() { break }
                inflateReset(stream)
                isBetweenMembers = false
            }
            switch inflate(stream, Z_NO_FLUSH) {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: isBetweenMembers = true
            default: throw refused("the gzip data is damaged")
            }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<(buffer.count - Int(stream.pointee.avail_out))])
    }

    /// Whether there are compressed bytes to go on with.
    private func refill() throws(ImagesError) -> Bool {
        if stream.pointee.avail_in > 0 { return true }
        let chunk = try input.next()
        // zlib never writes through next_in.
        stream.pointee.next_in = UnsafeMutableRawPointer(mutating: chunk.baseAddress)?.assumingMemoryBound(
            to: UInt8.self)
        stream.pointee.avail_in = UInt32(chunk.count)
        return !chunk.isEmpty
    }

    /// Zeros after the last member are padding, as for gzip(1). Gives whether that was all.
    private func skipPadding() throws(ImagesError) -> Bool {
        guard stream.pointee.next_in.pointee == 0 else { return false }
        repeat {
            let rest = UnsafeRawBufferPointer(start: stream.pointee.next_in, count: Int(stream.pointee.avail_in))
            guard rest.isAllZeros else { throw refused("there is something else after the gzip data") }
            stream.pointee.avail_in = 0
        } while try refill()
        return true
    }

    private func refused(_ reason: String) -> ImagesError { ImagesError("read archive", name, reason) }
}
