import Model

/// Untrusted bytes: every access is checked, and no byte is accepted as part of two things.
struct ImageBytes {
    let bytes: [UInt8]
    /// Bytes not yet claimed. In a sound image all claims are disjoint, so a crafted one can't make a small
    /// file stand for a large one.
    private var unclaimed: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        unclaimed = bytes.count
    }

    func number<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) throws(ErofsError.Cause) -> Number {
        let part = try range(at: offset, count: MemoryLayout<Number>.size)
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: part.lowerBound, as: Number.self))
        }
    }

    func range(at offset: Int, count: Int) throws(ErofsError.Cause) -> Range<Int> {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw .damaged("something lies outside of the image")
        }
        return offset..<(offset + count)
    }

    mutating func claim(at offset: Int, count: Int) throws(ErofsError.Cause) -> Range<Int> {
        let claimed = try range(at: offset, count: count)
        guard count <= unclaimed else { throw .damaged("parts overlap") }
        unclaimed -= count
        return claimed
    }
}
