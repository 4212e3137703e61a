/// A body as data and holes, in order and without gaps.
struct BodyLayout {
    struct Part {
        let range: Range<UInt64>
        let isHole: Bool
    }

    let size: UInt64
    private(set) var parts: [Part] = []

    /// - Parameter holes: ascending, disjoint, not empty, inside the body; anything else fails with `invalid`.
    init(size: UInt64, holes: [Range<UInt64>]) throws(StoreError) {
        self.size = size
        guard size <= UInt64(Int64.max) else { throw StoreError("add body", "", .invalid("its size is impossible")) }
        var position: UInt64 = 0
        for hole in holes {
            guard hole.lowerBound >= position, !hole.isEmpty, hole.upperBound <= size else {
                throw StoreError("add body", "", .invalid("its holes are not ascending ranges inside it"))
            }
            if hole.lowerBound > position { parts.append(Part(range: position..<hole.lowerBound, isHole: false)) }
            parts.append(Part(range: hole, isHole: true))
            position = hole.upperBound
        }
        if position < size { parts.append(Part(range: position..<size, isHole: false)) }
    }
}
