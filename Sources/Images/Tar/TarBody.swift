/// What is left of an entry's body: its content from front to end, holes filled with zeros.
struct TarBody {
    private var map: SparseMap
    /// How much of the content has been given out.
    private var position: UInt64 = 0
    /// The range of the map in which or before which `position` stands.
    private var index = 0
    /// Bytes of the archive that belong to this body: content, then padding.
    private var unread: UInt64
    private let padding: UInt64

    /// - Parameter stored: bytes of content that the archive holds, as many as the map says.
    init(_ map: SparseMap = SparseMap(whole: 0), stored: UInt64 = 0) {
        self.map = map
        unread = stored
        let part = stored % UInt64(TarHeader.byteCount)
        padding = part == 0 ? 0 : UInt64(TarHeader.byteCount) - part
    }

    /// Copies up to `target.count` bytes; 0 at the end.
    mutating func read(
        into target: UnsafeMutableRawBufferPointer, from reader: ByteReader
    ) throws(ImagesError) -> Int {
        let range = index < map.data.count ? map.data[index] : map.size..<map.size
        let isHole = position < range.lowerBound
        let limit = (isHole ? range.lowerBound : range.upperBound) - position
        let part = UnsafeMutableRawBufferPointer(rebasing: target[..<Int(min(limit, UInt64(target.count)))])
        if part.isEmpty { return 0 }
        var count = part.count
        if isHole {
            part.initializeMemory(as: UInt8.self, repeating: 0)
        } else {
            count = try reader.read(into: part)
            if count == 0 { throw reader.truncated() }
            unread -= UInt64(count)
        }
        position += UInt64(count)
        if position == range.upperBound { index += 1 }
        return count
    }

    /// Steps to the end of the content.
    /// - Parameter recorded: whether the reader records the bytes.
    mutating func skip(_ reader: ByteReader, recorded: Bool) throws(ImagesError) {
        try reader.skip(unread, recorded: recorded)
        unread = 0
        map = SparseMap(whole: 0)
        position = 0
        index = 0
    }

    /// Steps to the header that follows.
    mutating func finish(_ reader: ByteReader) throws(ImagesError) {
        try skip(reader, recorded: false)
        try reader.skip(padding)
        self = TarBody()
    }
}
