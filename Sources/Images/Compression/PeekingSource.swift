/// Another source, whose first bytes can be looked at before they are taken.
final class PeekingSource: ByteSource {
    private let input: any ByteSource
    private let start = UnsafeMutableRawBufferPointer.allocate(byteCount: TarHeader.byteCount, alignment: 16)
    /// Bytes that were looked at and not yet handed out.
    private var ahead = 0
    /// What is left of the input's last piece after those.
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ input: any ByteSource) { self.input = input }

    deinit { start.deallocate() }

    /// The first bytes, without taking them: as many as a tar header has, fewer only where there are no more.
    func peek() throws(ImagesError) -> [UInt8] {
        while ahead < start.count {
            if rest.isEmpty { rest = try input.next() }
            if rest.isEmpty { break }
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(start.count - ahead))
            UnsafeMutableRawBufferPointer(rebasing: start[ahead...]).copyMemory(from: part)
            ahead += part.count
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        }
        return Array(start[..<ahead])
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        defer { ahead = 0 }
        if ahead > 0 { return UnsafeRawBufferPointer(rebasing: start[..<ahead]) }
        guard !rest.isEmpty else { return try input.next() }
        defer { rest = UnsafeRawBufferPointer(start: nil, count: 0) }
        return rest
    }
}
