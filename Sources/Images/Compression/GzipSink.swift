import CZlib
import Linux

/// Compresses with gzip (RFC 1952), on all processors, into one member that every reader takes.
///
/// The input is cut into blocks of a fixed size, each compressed by itself with the end of the block before as its
/// dictionary, and put together with empty stored blocks between. So what comes out depends on the input and the level
/// alone, not on the number of processors or the sizes of writes. Memory is bounded.
public final class GzipSink: ByteSink {
    static let blockSize = 512 << 10
    /// Deflate's window (RFC 1951).
    private static let windowSize = 32 << 10

    private let output: any ByteSink
    private let level: Int32
    private let threads: Int
    /// Made when there is a second block.
    private var workers: DeflateWorkers?
    private var block: [UInt8] = []
    private var dictionary: [UInt8] = []
    private var checksum = crc32(0, nil, 0)
    private var size: UInt64 = 0
    private var hasHeader = false

    /// - Parameters:
    ///   - level: 1, the fastest, to 9, the smallest.
    ///   - threads: how many compress at once.
    public init(_ output: any ByteSink, level: Int32, threads: Int = Processors.count) {
        precondition((1...9).contains(level) && threads > 0)
        self.output = output
        self.level = level
        self.threads = threads
        block.reserveCapacity(Self.blockSize)
    }

    public func write(_ bytes: UnsafeRawBufferPointer) throws(ImagesError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // Not before there is more: the last block has to be told so.
            if block.count == Self.blockSize { try submit() }
            let part = rest.prefix(Self.blockSize - block.count)
            block.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
    }

    public func finish() throws(ImagesError) {
        let last = DeflateBlock(bytes: block, dictionary: dictionary, isLast: true)
        if let workers { while let done = workers.next() { try put(done) } }
        try put(try Deflater(level: level).compress(last))
        let trailer = [UInt32(truncatingIfNeeded: checksum), UInt32(truncatingIfNeeded: size)]
        try output.write(trailer.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
        try output.finish()
    }

    private func submit() throws(ImagesError) {
        let workers = try startedWorkers()
        while workers.isFull, let done = workers.next() { try put(done) }
        workers.add(DeflateBlock(bytes: block, dictionary: dictionary, isLast: false))
        dictionary = Array(block.suffix(Self.windowSize))
        block.removeAll(keepingCapacity: true)
    }

    private func startedWorkers() throws(ImagesError) -> DeflateWorkers {
        if let workers { return workers }
        let made = try DeflateWorkers(level: level, threads: threads)
        workers = made
        return made
    }

    private func put(_ done: Result<DeflatedBlock, ImagesError>) throws(ImagesError) { try put(try done.get()) }

    private func put(_ done: DeflatedBlock) throws(ImagesError) {
        if !hasHeader {
            hasHeader = true
            // Neither name nor time, and no system; the last but one says which end of the levels it was.
            try output.write([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, level == 9 ? 2 : level == 1 ? 4 : 0, 255])
        }
        checksum = crc32_combine(checksum, done.checksum, done.size)
        size += UInt64(done.size)
        try output.write(done.bytes)
    }
}

struct DeflateBlock: Sendable {
    let bytes: [UInt8]
    let dictionary: [UInt8]
    let isLast: Bool
}

struct DeflatedBlock: Sendable {
    let bytes: [UInt8]
    /// CRC-32 and length of what was compressed.
    let checksum: UInt
    let size: Int
}

/// Compresses one block after the other (RFC 1951). Used by one thread at a time.
final class Deflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init(level: Int32) throws(ImagesError) {
        stream.initialize(to: z_stream())
        // -15: a window of 32 KiB, and no wrapper; 8: zlib's default of memory.
        let code = deflateInit2_(
            stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw ImagesError("compress", "gzip", "no memory") }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func compress(_ block: DeflateBlock) -> DeflatedBlock {
        deflateReset(stream)
        if !block.dictionary.isEmpty {
            deflateSetDictionary(stream, block.dictionary, UInt32(block.dictionary.count))
        }
        var bytes: [UInt8] = []
        let checksum = block.bytes.withUnsafeBufferPointer { input in
            // zlib never writes through next_in.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            // With room for the empty block of a flush, one call takes all.
            let bound = Int(deflateBound(stream, UInt(input.count))) + 64
            bytes = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(buffer.count)
                let code = deflate(stream, block.isLast ? Z_FINISH : Z_SYNC_FLUSH)
                precondition(code == (block.isLast ? Z_STREAM_END : Z_OK) && stream.pointee.avail_out > 0)
                count = buffer.count - Int(stream.pointee.avail_out)
            }
            return crc32(0, input.baseAddress, UInt32(input.count))
        }
        return DeflatedBlock(bytes: bytes, checksum: checksum, size: block.bytes.count)
    }
}
