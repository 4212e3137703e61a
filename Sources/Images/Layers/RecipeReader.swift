import Model

/// Reads a recipe, and refuses all but the one form that ``RecipeWriter`` gives it.
///
/// After an error it is of no more use.
public struct RecipeReader {
    private let name: String
    private let nextChunk: () throws(ImagesError) -> [UInt8]?
    private var rest: ArraySlice<UInt8> = []
    /// How long the chunk is that is being read, and which it is.
    private var chunkCount = 0
    private var index = -1
    private var form = RecipeForm()
    /// The SHA-256 of the tar file and its length, when all operations have been read.
    public private(set) var end: (diffID: Digest, size: UInt64)?

    /// - Parameters:
    ///   - name: what messages call the layer.
    ///   - chunks: gives one chunk after the other, then nil.
    public init(named name: String, chunks: @escaping () throws(ImagesError) -> [UInt8]?) {
        self.name = name
        nextChunk = chunks
    }

    /// The next operation; nil at the end, when all chunks have been read.
    public mutating func next() throws(ImagesError) -> RecipeOperation? {
        if end != nil { return nil }
        var isFirstOfChunk = false
        let left = chunkCount
        if rest.isEmpty {
            try beginChunk()
            isFirstOfChunk = index > 0
        }
        let before = rest.count
        let operation = try operation()
        if isFirstOfChunk, left + before - rest.count <= Recipe.chunkSize {
            throw refused("it has room in the chunk before")
        }
        guard let operation else { return nil }
        if let problem = form.problem(of: operation) { throw refused(problem) }
        return operation
    }

    /// The next operation that is a body's, as of which ``next()`` says.
    public mutating func nextBody() throws(ImagesError) -> BodyRange? {
        while let operation = try next() { if case .body(let part) = operation { return part } }
        return nil
    }

    private mutating func beginChunk() throws(ImagesError) {
        guard let chunk = try nextChunk() else { throw refused("it has no end") }
        index += 1
        chunkCount = chunk.count
        rest = chunk[...]
        if chunk.count > Recipe.chunkSize { throw refused("it is longer than \(Recipe.chunkSize) bytes") }
        if index == 0 {
            guard rest.starts(with: Recipe.header) else { throw refused("it is no recipe of version 1") }
            rest = rest.dropFirst(Recipe.header.count)
        }
        if rest.isEmpty { throw refused("there is no operation in it") }
    }

    /// Nil for that of the end.
    private mutating func operation() throws(ImagesError) -> RecipeOperation? {
        let code = rest.removeFirst()
        switch code {
        case Recipe.end:
            try readEnd()
            return nil
        case Recipe.bytes: return .bytes(try take(try number()))
        case Recipe.zeros: return .zeros(try number())
        case Recipe.body...(Recipe.body | Recipe.hasHoles | Recipe.isPart): return .body(try bodyRange(code))
        default: throw refused("there is no operation \(code)")
        }
    }

    private mutating func bodyRange(_ code: UInt8) throws(ImagesError) -> BodyRange {
        guard let id = ObjectID(bytes: try take(UInt64(ObjectID.byteCount))) else { throw refused("it has no id") }
        let size = try number()
        var range = 0..<size
        if code & Recipe.isPart != 0 {
            let (start, count) = (try number(), try number())
            // Both are below 2^63.
            range = start..<(start + count)
            guard range.upperBound <= size, range != 0..<size else { throw refused("it is no part of the body") }
        }
        if range.isEmpty { throw refused("it is empty") }
        return BodyRange(id: id, size: size, hasHoles: code & Recipe.hasHoles != 0, range: range)
    }

    private mutating func readEnd() throws(ImagesError) {
        guard let diffID = Digest(.sha256, try take(UInt64(Digest.Algorithm.sha256.byteCount))) else {
            throw refused("it has no digest")
        }
        let size = try number()
        guard size == form.size else { throw refused("it says \(size) bytes, and is \(form.size)") }
        guard rest.isEmpty, try nextChunk() == nil else { throw refused("there is something after its end") }
        end = (diffID, size)
    }

    private mutating func number() throws(ImagesError) -> UInt64 {
        guard let number = Varint.decode(&rest) else { throw refused("a number is malformed") }
        return number
    }

    private mutating func take(_ count: UInt64) throws(ImagesError) -> [UInt8] {
        guard count <= rest.count else { throw refused("it is cut off") }
        defer { rest = rest.dropFirst(Int(count)) }
        return Array(rest.prefix(Int(count)))
    }

    private func refused(_ reason: String) -> ImagesError {
        ImagesError("read recipe", name, "chunk \(index), \(chunkCount - rest.count): \(reason)")
    }
}

/// Which operation may follow which, so that one tar file has one recipe.
private struct RecipeForm {
    private(set) var size: UInt64 = 0
    private var last: RecipeOperation?
    /// Zeros at the end of the bytes so far.
    private var trailingZeros = 0

    /// What is wrong with the next operation; nil where nothing is.
    mutating func problem(of next: RecipeOperation) -> String? {
        defer { last = next }
        switch next {
        case .bytes(let bytes): return problem(ofBytes: bytes) ?? count(UInt64(bytes.count))
        case .zeros(let zeros):
            if zeros < Recipe.shortestRun { return "these zeros are too few for an operation" }
            if case .zeros = last { return "zeros follow zeros" }
            if trailingZeros > 0 { return "zeros follow a zero" }
            return count(zeros)
        case .body(let part):
            trailingZeros = 0
            if case .body(let before) = last, before.isContinued(by: part) { return "it goes on with the body before" }
            return count(part.range.upperBound - part.range.lowerBound)
        }
    }

    private mutating func problem(ofBytes bytes: [UInt8]) -> String? {
        guard (1...Recipe.longestText).contains(bytes.count) else { return "these are too many bytes, or none" }
        switch last {
        case .bytes(let before) where before.count < Recipe.longestText: return "bytes follow bytes"
        case .zeros where bytes[0] == 0: return "a zero follows zeros"
        default: break
        }
        let hasLongRun = bytes.withUnsafeBytes { bytes in
            var position = 0
            while position < bytes.count {
                let next = bytes.firstOther(from: position)
                trailingZeros += next - position
                if trailingZeros >= Recipe.shortestRun { return true }
                if next == bytes.count { break }
                trailingZeros = 0
                position = bytes.firstZero(from: next)
            }
            return false
        }
        return hasLongRun ? "these bytes have too many zeros in a row" : nil
    }

    private mutating func count(_ more: UInt64) -> String? {
        // Both are below 2^63.
        size += more
        return size < 1 << 63 ? nil : "it is too long"
    }
}
