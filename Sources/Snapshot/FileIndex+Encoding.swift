import Linux
import Model
import ObjectStore

/// The index as a file: a header, the number of lines, the lines, and a checksum of it all. Numbers are little-endian.
/// It is a cache of one machine, so its form may change at any time together with the header.
extension FileIndex {
    private static let header = Array("varve index 2\n".utf8)
    /// Of a line without its holes.
    private static let lineSize = 2 * 4 + 2 * 8 + 2 * (8 + 4) + ObjectID.byteCount + 4

    /// A line for each file that was looked up or remembered; the others are gone.
    public func encoded() -> [UInt8] {
        let used = lines.filter(\.value.isUsed).sorted { $0.key < $1.key }
        var bytes = Self.header
        bytes.reserveCapacity(used.count * Self.lineSize + 64)
        Self.append(UInt64(used.count), to: &bytes)
        for (key, line) in used {
            Self.append(key.filesystem.major, to: &bytes)
            Self.append(key.filesystem.minor, to: &bytes)
            Self.append(key.inode, to: &bytes)
            Self.append(key.size, to: &bytes)
            for time in [key.modified, key.changed] {
                Self.append(time.seconds, to: &bytes)
                Self.append(time.nanoseconds, to: &bytes)
            }
            bytes += line.body.id.bytes
            Self.append(UInt32(line.body.holes.count), to: &bytes)
            for hole in line.body.holes {
                Self.append(hole.lowerBound, to: &bytes)
                Self.append(hole.upperBound, to: &bytes)
            }
        }
        return bytes + ObjectID(hashing: .blob, bytes).bytes
    }

    /// Takes what ``encoded()`` gave; anything else, such as a file cut short by a power cut, counts as empty.
    public init(decoding bytes: [UInt8], now: Timestamp) {
        self.init(now: now)
        let end = bytes.count - ObjectID.byteCount
        guard end >= Self.header.count, bytes.starts(with: Self.header),
            ObjectID(hashing: .blob, Array(bytes[..<end])) == ObjectID(bytes: bytes[end...])
        else { return }
        var reader = Reader(bytes: bytes, position: Self.header.count, end: end)
        if let decoded = reader.lines() { lines = decoded }
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// The checksum holds against accidents; what varve did not write must still not lead out of bounds.
    private struct Reader {
        let bytes: [UInt8]
        var position: Int
        let end: Int

        mutating func lines() -> [Key: Line]? {
            guard let count: UInt64 = number(), count <= UInt64((end - position) / lineSize) else { return nil }
            var result: [Key: Line] = [:]
            result.reserveCapacity(Int(count))
            for _ in 0..<count {
                guard let major: UInt32 = number(), let minor: UInt32 = number(), let inode: UInt64 = number(),
                    let size: UInt64 = number(), let modified = timestamp(), let changed = timestamp(),
                    let id = id(), let holes = holes(size: size)
                else { return nil }
                let key = Key(
                    filesystem: DeviceNumber(major: major, minor: minor), inode: inode, size: size, modified: modified,
                    changed: changed)
                result[key] = Line(body: Body(id: id, holes: holes), isUsed: false)
            }
            return position == end ? result : nil
        }

        private mutating func number<I: FixedWidthInteger>() -> I? {
            let size = MemoryLayout<I>.size
            guard end - position >= size else { return nil }
            defer { position += size }
            return bytes.withUnsafeBytes { I(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: I.self)) }
        }

        private mutating func timestamp() -> Timestamp? {
            guard let seconds: Int64 = number(), let nanoseconds: UInt32 = number(), nanoseconds < 1_000_000_000 else {
                return nil
            }
            return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        }

        private mutating func id() -> ObjectID? {
            guard end - position >= ObjectID.byteCount else { return nil }
            defer { position += ObjectID.byteCount }
            // The initialiser that takes a collection is generic and, from another module, many times slower.
            return bytes.withUnsafeBytes { buffer in buffer.baseAddress.map { ObjectID(loading: $0 + position) } }
        }

        private mutating func holes(size: UInt64) -> [Range<UInt64>]? {
            guard let count: UInt32 = number() else { return nil }
            var holes: [Range<UInt64>] = []
            for _ in 0..<count {
                guard let start: UInt64 = number(), let stop: UInt64 = number(), start < stop, stop <= size,
                    holes.last.map({ $0.upperBound < start }) ?? true
                else { return nil }
                holes.append(start..<stop)
            }
            return holes
        }
    }
}

extension FileIndex.Key: Comparable {
    static func < (a: Self, b: Self) -> Bool {
        (a.inode, a.size, a.modified, a.changed, a.filesystem.major, a.filesystem.minor)
            < (b.inode, b.size, b.modified, b.changed, b.filesystem.major, b.filesystem.minor)
    }
}
