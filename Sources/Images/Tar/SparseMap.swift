import Model

/// Where a sparse file has data: ascending ranges that don't overlap, within its size
/// (GNU tar manual, "Storing Sparse Files").
struct SparseMap {
    /// More ranges than this are refused, so that an archive can't fill the memory.
    static let maximumCount = 1 << 20

    let size: UInt64
    let data: [Range<UInt64>]

    /// A file without holes.
    init(whole size: UInt64) {
        self.size = size
        data = size > 0 ? [0..<size] : []
    }

    /// - Parameter pairs: offset and length of each range; a length of 0 only marks the end.
    init(_ pairs: [(Int64, Int64)], size: Int64) throws(Refusal) {
        guard size >= 0 else { throw Self.malformed }
        var data: [Range<UInt64>] = []
        var end: Int64 = 0
        for (offset, length) in pairs {
            let (next, overflow) = offset.addingReportingOverflow(length)
            guard offset >= end, length >= 0, !overflow, next <= size else { throw Self.malformed }
            end = next
            if length == 0 { continue }
            if let last = data.last, last.upperBound == UInt64(offset) {
                data[data.count - 1] = last.lowerBound..<UInt64(next)
            } else {
                data.append(UInt64(offset)..<UInt64(next))
            }
        }
        self.size = UInt64(size)
        self.data = data
    }

    var dataCount: UInt64 { data.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) } }

    var holes: [Range<UInt64>] {
        var holes: [Range<UInt64>] = []
        var end: UInt64 = 0
        for range in data {
            if range.lowerBound > end { holes.append(end..<range.lowerBound) }
            end = range.upperBound
        }
        if end < size { holes.append(end..<size) }
        return holes
    }

    static let malformed = Refusal("its map of holes is malformed")
}

extension PaxRecords {
    /// Whether the body starts with the map (sparse format 1.0).
    func hasSparseMapInBody() throws(Refusal) -> Bool {
        guard let major = try number("GNU.sparse.major") else { return false }
        guard major == 1, try number("GNU.sparse.minor") == 0 else {
            throw Refusal("it is sparse in a format later than 1.0")
        }
        return true
    }

    /// The size of a sparse file in the formats 0.0 and 0.1, and in 1.0.
    func sparseSize() throws(Refusal) -> Int64? {
        if let size = try number("GNU.sparse.realsize") { return size }
        return try number("GNU.sparse.size")
    }

    /// The map as the formats 0.0 and 0.1 have it; nil for a file that isn't sparse.
    func sparsePairs() throws(Refusal) -> [(Int64, Int64)]? {
        if let map = self["GNU.sparse.map"] {
            return try Self.pairs(map.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false))
        }
        guard values["GNU.sparse.numblocks"] != nil || !sparseNumbers.isEmpty else { return nil }
        for (index, number) in sparseNumbers.enumerated() where number.isOffset != index.isMultiple(of: 2) {
            throw SparseMap.malformed
        }
        return try Self.pairs(sparseNumbers.map { $0.value[...] })
    }

    static func pairs(_ texts: [ArraySlice<UInt8>]) throws(Refusal) -> [(Int64, Int64)] {
        guard texts.count.isMultiple(of: 2), texts.count <= 2 * SparseMap.maximumCount else {
            throw SparseMap.malformed
        }
        var pairs: [(Int64, Int64)] = []
        for index in stride(from: 0, to: texts.count, by: 2) {
            guard let offset = Int64(decimal: texts[index]), let length = Int64(decimal: texts[index + 1]) else {
                throw SparseMap.malformed
            }
            pairs.append((offset, length))
        }
        return pairs
    }
}

extension Attributes {
    /// Where a regular file has no holes.
    public var dataRanges: [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        var start: UInt64 = 0
        for hole in holes + [size..<size] {
            if hole.lowerBound > start { ranges.append(start..<hole.lowerBound) }
            start = hole.upperBound
        }
        return ranges
    }
}
