import Model

/// Writes the recipe of a tar file, whose bytes it is told from front to end: those of bodies by reference, all others
/// as they are. One tar file has one recipe, in whatever pieces it comes.
public final class RecipeWriter {
    private let sink: ([UInt8]) throws(ImagesError) -> Void
    private var chunk = Recipe.header
    /// Bytes for the next operation.
    private var text: [UInt8] = []
    /// Zeros after those, of which it isn't known yet whether they are enough for an operation.
    private var zeroRun: UInt64 = 0
    private var body: BodyRange?
    /// Bytes of the tar file so far.
    public private(set) var size: UInt64 = 0

    /// - Parameter sink: takes each chunk, in order, once it is whole.
    public init(sink: @escaping ([UInt8]) throws(ImagesError) -> Void) { self.sink = sink }

    /// Bytes that are no body's.
    public func add(_ bytes: UnsafeRawBufferPointer) throws(ImagesError) {
        guard !bytes.isEmpty else { return }
        try settleBody()
        size += UInt64(bytes.count)
        var position = 0
        while position < bytes.count {
            let next = bytes.firstOther(from: position)
            zeroRun += UInt64(next - position)
            if next == bytes.count { break }
            try settleZeros()
            position = bytes.firstZero(from: next)
            try append(bytes[next..<position])
        }
    }

    /// Bytes that a body has, too.
    /// - Parameter part: not empty.
    public func add(_ part: BodyRange) throws(ImagesError) {
        precondition(!part.range.isEmpty && part.range.upperBound <= part.size)
        try settleText()
        size += part.range.upperBound - part.range.lowerBound
        if let before = body, before.isContinued(by: part) {
            body?.range = before.range.lowerBound..<part.range.upperBound
            return
        }
        try settleBody()
        body = part
    }

    /// Ends the recipe: the sink gets the last chunk.
    /// - Parameter diffID: the SHA-256 of the tar file.
    public func finish(diffID: Digest) throws(ImagesError) {
        precondition(diffID.algorithm == .sha256)
        try settleText()
        try settleBody()
        try put([Recipe.end] + diffID.bytes + Varint.encoded(size))
        try sink(chunk)
    }

    // MARK: Operations

    private func settleText() throws(ImagesError) {
        try settleZeros()
        try putText()
    }

    private func settleZeros() throws(ImagesError) {
        if zeroRun >= Recipe.shortestRun {
            try putText()
            try put([Recipe.zeros] + Varint.encoded(zeroRun))
        } else if zeroRun > 0 {
            try append([UInt8](repeating: 0, count: Int(zeroRun))[...])
        }
        zeroRun = 0
    }

    private func append(_ bytes: some RandomAccessCollection<UInt8>) throws(ImagesError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Recipe.longestText - text.count)
            text.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if text.count == Recipe.longestText { try putText() }
        }
    }

    private func putText() throws(ImagesError) {
        if text.isEmpty { return }
        try put([Recipe.bytes] + Varint.encoded(UInt64(text.count)) + text)
        text.removeAll(keepingCapacity: true)
    }

    private func settleBody() throws(ImagesError) {
        guard let part = body else { return }
        body = nil
        var operation = [Recipe.body]
        if part.hasHoles { operation[0] |= Recipe.hasHoles }
        if !part.isWhole { operation[0] |= Recipe.isPart }
        operation += part.id.bytes + Varint.encoded(part.size)
        if !part.isWhole {
            operation += Varint.encoded(part.range.lowerBound)
            operation += Varint.encoded(part.range.upperBound - part.range.lowerBound)
        }
        try put(operation)
    }

    /// An operation that has no room in the chunk begins the next one.
    private func put(_ operation: [UInt8]) throws(ImagesError) {
        if chunk.count + operation.count > Recipe.chunkSize {
            try sink(chunk)
            chunk.removeAll(keepingCapacity: true)
        }
        chunk += operation
    }
}
