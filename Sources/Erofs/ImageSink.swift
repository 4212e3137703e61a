import Linux

/// What takes an image's bytes: a file when writing, the image under test when reading.
protocol ImageSink {
    func put(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(ErofsError.Cause)
}

/// Writes to a file at the given places.
final class FileSink: ImageSink {
    private let file: Descriptor

    init(_ file: borrowing Descriptor) throws(ErofsError.Cause) {
        do throws(SystemError) { self.file = try file.duplicate() } catch { throw .system(error) }
    }

    func put(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(ErofsError.Cause) {
        do throws(SystemError) { try file.write(bytes, at: offset) } catch { throw .system(error) }
    }
}

/// One stretch of the image, filled from its start to its end through a buffer.
struct ImageRegion<Sink: ImageSink>: ~Copyable {
    private let sink: Sink
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    private var start: UInt64

    init(of sink: Sink, from start: UInt64) {
        self.sink = sink
        self.start = start
        buffer = .allocate(byteCount: 1 << 20, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// Where the next byte goes.
    var offset: UInt64 { start + UInt64(used) }

    mutating func append<Number: FixedWidthInteger>(_ value: Number) throws(ErofsError.Cause) {
        let count = MemoryLayout<Number>.size
        if used + count > buffer.count { try flush() }
        buffer.storeBytes(of: value.littleEndian, toByteOffset: used, as: Number.self)
        used += count
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) throws(ErofsError.Cause) {
        try bytes.withUnsafeBufferPointer { bytes throws(ErofsError.Cause) in
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    mutating func append(_ bytes: [UInt8]) throws(ErofsError.Cause) {
        try append(bytes[...])
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) throws(ErofsError.Cause) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if used == buffer.count { try flush() }
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(buffer.count - used))
            UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyMemory(from: part)
            used += part.count
            rest = rest.dropFirst(part.count)
        }
    }

    /// Fills `count` bytes with `byte`.
    mutating func fill(_ byte: UInt8, count: UInt64) throws(ErofsError.Cause) {
        var rest = count
        while rest > 0 {
            if used == buffer.count { try flush() }
            let part = Int(min(rest, UInt64(buffer.count - used)))
            buffer[used..<(used + part)].initializeMemory(as: UInt8.self, repeating: byte)
            used += part
            rest -= UInt64(part)
        }
    }

    /// Zeros up to a place that is not behind.
    mutating func pad(to end: UInt64) throws(ErofsError.Cause) {
        try fill(0, count: end - offset)
    }

    /// Zeros up to the end of a block.
    mutating func padBlock() throws(ErofsError.Cause) {
        try pad(to: Format.roundUp(offset, to: Format.blockSize))
    }

    mutating func flush() throws(ErofsError.Cause) {
        try sink.put(UnsafeRawBufferPointer(rebasing: buffer[..<used]), at: start)
        start += UInt64(used)
        used = 0
    }
}
