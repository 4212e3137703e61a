/// Takes bytes from a source in the amounts that a format asks for.
final class ByteReader {
    private let source: any ByteSource
    private let name: String
    private var chunk = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Is told all bytes that are taken, but for those of bodies.
    var record: ((UnsafeRawBufferPointer) throws(ImagesError) -> Void)?
    /// How many bytes were taken.
    private(set) var position: UInt64 = 0

    init(_ source: any ByteSource, name: String) {
        self.source = source
        self.name = name
    }

    /// Copies up to `target.count` bytes of a body; 0 at the end.
    func read(into target: UnsafeMutableRawBufferPointer) throws(ImagesError) -> Int {
        guard try refill() else { return 0 }
        let count = min(target.count, chunk.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[..<count]))
        drop(count)
        return count
    }

    /// The next `count` bytes, or fewer at the end.
    func bytes(_ count: Int) throws(ImagesError) -> [UInt8] {
        var result: [UInt8] = []
        while result.count < count, try refill() {
            let part = min(count - result.count, chunk.count)
            result.append(contentsOf: chunk[..<part])
            try take(part)
        }
        return result
    }

    /// Steps over `count` bytes, all of which have to be there.
    /// - Parameter recorded: false for a body's.
    func skip(_ count: UInt64, recorded: Bool = true) throws(ImagesError) {
        var rest = count
        while rest > 0 {
            guard try refill() else { throw truncated() }
            let part = Int(min(rest, UInt64(chunk.count)))
            if recorded { try take(part) } else { drop(part) }
            rest -= UInt64(part)
        }
    }

    /// Reads to the end; whether all that was left is zeros.
    func restIsZeros() throws(ImagesError) -> Bool {
        while try refill() {
            guard chunk.isAllZeros else { return false }
            try take(chunk.count)
        }
        return true
    }

    func truncated() -> ImagesError {
        ImagesError("read archive", name, "it is cut off at byte \(position)")
    }

    private func refill() throws(ImagesError) -> Bool {
        if chunk.isEmpty { chunk = try source.next() }
        return !chunk.isEmpty
    }

    private func take(_ count: Int) throws(ImagesError) {
        if let record { try record(UnsafeRawBufferPointer(rebasing: chunk[..<count])) }
        drop(count)
    }

    private func drop(_ count: Int) {
        chunk = UnsafeRawBufferPointer(rebasing: chunk[count...])
        position += UInt64(count)
    }
}
