/// One 512-byte header (POSIX pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format").
struct TarHeader {
    static let byteCount = 512

    private let block: [UInt8]

    /// Nil where the checksum is wrong: then this is no header.
    init?(_ block: [UInt8]) {
        guard block.count == Self.byteCount else { return nil }
        self.block = block
        guard let stated = number(148..<156) else { return nil }
        // The checksum's own field counts as blanks. Some old writers summed signed bytes, which GNU tar takes too.
        var unsigned: Int64 = 8 * 0x20
        var signed: Int64 = 8 * 0x20
        for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
            unsigned += Int64(byte)
            signed += Int64(Int8(bitPattern: byte))
        }
        guard stated == unsigned || stated == signed else { return nil }
    }

    var type: UInt8 { block[156] }

    /// The most bytes that the body of a header may have that says something of the entries after it, so that none fills
    /// the memory; nil for an entry's own header.
    var specialLimit: Int? {
        switch type {
        case UInt8(ascii: "x"): 16 << 20
        case UInt8(ascii: "g"): 1 << 20
        case UInt8(ascii: "L"), UInt8(ascii: "K"): 64 << 10
        // A label of the whole archive.
        case UInt8(ascii: "V"): 0
        default: nil
        }
    }

    var mode: Int64? { number(100..<108) }
    var uid: Int64? { number(108..<116) }
    var gid: Int64? { number(116..<124) }
    var size: Int64? { number(124..<136) }
    var modified: Int64? { number(136..<148) }
    var deviceMajor: Int64? { number(329..<337) }
    var deviceMinor: Int64? { number(337..<345) }
    var linkName: [UInt8] { text(157..<257) }

    /// The name, with the prefix that only ustar has.
    var name: [UInt8] {
        let name = text(0..<100)
        guard block[257..<263].elementsEqual("ustar\0".utf8) else { return name }
        // star keeps two times behind a shorter prefix, and signs with "tar" at the end.
        let prefix = text(block[508..<512].elementsEqual("tar\0".utf8) ? 345..<476 : 345..<500)
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    /// What GNU's `L` and `K` headers say, of whose body NULs are no part.
    static func longName(_ body: [UInt8]) -> [UInt8] {
        Array(body.prefix(body.count - body.reversed().prefix { $0 == 0 }.count))
    }

    // MARK: GNU's old sparse files

    var sparseRealSize: Int64? { number(483..<495) }
    var sparsePairs: [(Int64, Int64)]? { Self.sparsePairs(block, from: 386, count: 4) }
    var sparseIsExtended: Bool { block[482] != 0 }

    /// Reads one of the blocks that go on with the map: 21 pairs, and whether another block follows.
    static func sparseExtension(_ block: [UInt8]) -> (pairs: [(Int64, Int64)], isExtended: Bool)? {
        sparsePairs(block, from: 0, count: 21).map { ($0, block[504] != 0) }
    }

    private static func sparsePairs(_ block: [UInt8], from start: Int, count: Int) -> [(Int64, Int64)]? {
        var pairs: [(Int64, Int64)] = []
        for field in stride(from: start, to: start + 24 * count, by: 24) where block[field] != 0 {
            guard let offset = number(block, field..<(field + 12)),
                let length = number(block, (field + 12)..<(field + 24))
            else { return nil }
            pairs.append((offset, length))
        }
        return pairs
    }

    // MARK: Fields

    /// A field's bytes up to the first NUL.
    private func text(_ range: Range<Int>) -> [UInt8] { Array(block[range].prefix { $0 != 0 }) }

    private func number(_ range: Range<Int>) -> Int64? { Self.number(block, range) }

    /// Octal digits between blanks or NULs (nothing else is 0), or base 256 where the first bit is set (GNU and star).
    private static func number(_ block: [UInt8], _ range: Range<Int>) -> Int64? {
        if block[range.lowerBound] & 0x80 != 0 { return base256(block[range]) }
        var value: Int64 = 0
        let start = block[range].drop { $0 == 0x20 || $0 == 0 }
        for byte in start {
            if byte == 0x20 || byte == 0 { break }
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) else { return nil }
            value = value << 3 | Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Two's complement, big-endian; the top bit only marks the form.
    private static func base256(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard let first = bytes.first else { return nil }
        let isNegative = first & 0x40 != 0
        let fill: UInt8 = isNegative ? 0xff : 0
        let digits = [isNegative ? first : first & 0x7f] + bytes.dropFirst()
        let (extra, value) = (digits.dropLast(8), digits.suffix(8))
        guard extra.allSatisfy({ $0 == fill }) else { return nil }
        let result = Int64(
            truncatingIfNeeded: value.reduce(UInt64(fill == 0 ? 0 : UInt64.max)) { $0 << 8 | UInt64($1) })
        return (result < 0) == isNegative ? result : nil
    }
}
