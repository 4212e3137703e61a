import CZlib

/// One zlib compression state, used again for each object. Level 1: packs made on the hot path are to be fast.
final class Deflater {
    // Allocated, since zlib's state points back at this structure.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var output: [UInt8] = []

    init() throws(StoreError) {
        stream.initialize(to: z_stream())
        let code = deflateInit_(stream, 1, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw StoreError("compress", "", .invalid("zlib error \(code)")) }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends the zlib stream of `bytes` to `target`.
    func compress(_ bytes: [UInt8], into target: inout [UInt8]) throws(StoreError) {
        deflateReset(stream)
        let bound = Int(deflateBound(stream, uLong(bytes.count)))
        if output.count < bound { output = [UInt8](repeating: 0, count: max(bound, 65536)) }
        guard bytes.count <= Int(UInt32.max), output.count <= Int(UInt32.max) else {
            throw StoreError("compress", "", .invalid("an object of \(bytes.count) bytes is too large for a pack"))
        }
        let (code, count) = output.withUnsafeMutableBufferPointer { out in
            bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = uInt(input.count)
                stream.pointee.next_out = out.baseAddress
                stream.pointee.avail_out = uInt(out.count)
                let code = deflate(stream, Z_FINISH)
                return (code, out.count - Int(stream.pointee.avail_out))
            }
        }
        guard code == Z_STREAM_END else { throw StoreError("compress", "", .invalid("zlib error \(code)")) }
        target.append(contentsOf: output[..<count])
    }
}

/// The zlib stream in `compressed`, which must give exactly `size` bytes; nil where it does not.
func inflated(_ compressed: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
    // Deflate makes at most 1032 bytes of one: a larger size is a lie, and there may be no such memory.
    guard size / 1032 <= compressed.count else { return nil }
    // One byte more than expected, so that a longer stream shows and an empty one has somewhere to go.
    var output = [UInt8](repeating: 0, count: size + 1)
    var count = uLong(output.count)
    let code = output.withUnsafeMutableBufferPointer { out in
        compressed.withUnsafeBufferPointer { input in
            uncompress(out.baseAddress, &count, input.baseAddress, uLong(input.count))
        }
    }
    guard code == Z_OK, Int(count) == size else { return nil }
    output.removeLast()
    return output
}

/// zlib's CRC-32, as pack indexes keep of each entry.
func crc(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
}
