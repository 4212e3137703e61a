import CZstd

/// Compresses with zstd (RFC 8878) into one frame with a checksum. What comes out depends on the input and the level alone.
/// Runs on the caller's thread: Debian's static libzstd has no others.
public final class ZstdSink: ByteSink {
    private let output: any ByteSink
    private let context: OpaquePointer
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// - Parameter level: 1, the fastest, to 19, the smallest.
    public init(_ output: any ByteSink, level: Int32) throws(ImagesError) {
        precondition((1...19).contains(level))
        guard let context = ZSTD_createCCtx() else { throw ImagesError("compress", "zstd", "no memory") }
        self.output = output
        self.context = context
        try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level))
        try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
    }

    deinit {
        ZSTD_freeCCtx(context)
        buffer.deallocate()
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(ImagesError) {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while input.pos < input.size { _ = try step(&input, ZSTD_e_continue) }
    }

    public func finish() throws(ImagesError) {
        var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        while try step(&input, ZSTD_e_end) > 0 {}
        try output.finish()
    }

    /// - Returns: how much libzstd still holds back, at least.
    private func step(
        _ input: inout ZSTD_inBuffer, _ directive: ZSTD_EndDirective
    ) throws(ImagesError) -> Int {
        var result = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        let rest = try check(ZSTD_compressStream2(context, &result, &input, directive))
        if result.pos > 0 { try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<result.pos])) }
        return rest
    }

    @discardableResult
    private func check(_ code: Int) throws(ImagesError) -> Int {
        guard ZSTD_isError(code) == 0 else {
            throw ImagesError("compress", "zstd", String(cString: ZSTD_getErrorName(code)))
        }
        return code
    }
}
