import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import Images

/// Bytes in pieces of random sizes, and then nothing or an error.
final class PiecesSource: ByteSource {
    private let bytes: [UInt8]
    private let largest: Int
    private let failure: ImagesError?
    private var random: SplitMix
    private var position = 0
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8], largest: Int = 100_000, seed: UInt64 = 1, failure: ImagesError? = nil) {
        self.bytes = bytes
        self.largest = largest
        self.failure = failure
        random = SplitMix(seed: seed)
        buffer = .allocate(byteCount: largest, alignment: 1)
    }

    deinit { buffer.deallocate() }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let count = min(bytes.count - position, Int.random(in: 1...largest, using: &random))
        if count == 0, let failure { throw failure }
        // What a source gave before isn't valid any more.
        buffer.initializeMemory(as: UInt8.self, repeating: 0xee)
        buffer.copyBytes(from: bytes[position..<(position + count)])
        position += count
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
}

/// A layer that was read to its end, and all that is needed to make it again.
struct ReadLayer {
    var changes: [LayerEntry] = []
    /// The bodies, by the ids they were given.
    var bodies: [ObjectID: [UInt8]] = [:]
    var recipe: [[UInt8]] = []
    var diffID: Digest
    var size: UInt64

    var entries: [ReadEntry] = []

    /// - Parameter limit: no more than so many bytes of a body are kept.
    init(_ source: any ByteSource, limits: LayerLimits = LayerLimits(), limit: Int = .max) throws {
        var chunks: [[UInt8]] = []
        let reader = try LayerReader(source, named: "layer", limits: limits) { chunks.append($0) }
        var buffer = [UInt8](repeating: 0xaa, count: 70_001)
        while let change = try reader.next() {
            changes.append(change)
            guard case .entry(let entry) = change else { continue }
            var body: [UInt8] = []
            while body.count < limit {
                let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
                if count == 0 { break }
                body += buffer[..<count]
            }
            entries.append(ReadEntry(entry: entry, body: body))
            guard entry.attributes.kind == .regular, entry.hardLinkTarget == nil else { continue }
            let id = try bodyID(body)
            bodies[id] = body
            reader.stored(as: id)
        }
        (diffID, size) = try reader.finish()
        recipe = chunks
    }

    init(bytes: [UInt8], limits: LayerLimits = LayerLimits()) throws {
        try self.init(PiecesSource(bytes), limits: limits)
    }

    init(path: String) throws {
        try self.init(
            DescriptorSource(try Files.open(KernelPath(path), flags: O_RDONLY), name: path))
    }

    /// The tar file, from recipe and bodies alone.
    func rebuilt() throws -> [UInt8] {
        let bodies = bodies
        let source = RecipeSource(recipeReader(recipe), named: "layer") { part throws(ImagesError) in
            guard let body = bodies[part.id] else { throw ImagesError("look for body", part.id.hex, "it is not there") }
            return .bytes(body)
        }
        return try allBytes(source)
    }
}

func recipeReader(_ chunks: [[UInt8]]) -> RecipeReader {
    var rest = chunks[...]
    return RecipeReader(named: "layer") { rest.popFirst() }
}

func recipeOperations(_ chunks: [[UInt8]]) throws -> [RecipeOperation] {
    var reader = recipeReader(chunks)
    var operations: [RecipeOperation] = []
    while let operation = try reader.next() { operations.append(operation) }
    return operations
}

extension RecipeWriter {
    func add(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try add($0) } }
}

/// The recipe of these operations.
func written(_ operations: [RecipeOperation], diffID: Digest) throws -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    let writer = RecipeWriter { chunks.append($0) }
    for operation in operations {
        switch operation {
        case .bytes(let bytes): try writer.add(bytes)
        case .zeros(let count): try writer.add([UInt8](repeating: 0, count: Int(count)))
        case .body(let part): try writer.add(part)
        }
    }
    try writer.finish(diffID: diffID)
    return chunks
}

func allBytes(_ source: any ByteSource) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
        let piece = try source.next()
        if piece.isEmpty { return bytes }
        bytes.append(contentsOf: piece)
    }
}

func sha256(_ bytes: [UInt8]) -> Digest {
    var hash = ContentHash()
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.digest
}

/// Not git's, but any name that the content gives does.
func bodyID(_ body: [UInt8]) throws -> ObjectID { try #require(ObjectID(bytes: sha256(body).bytes.prefix(20))) }

func fileBytes(_ path: String) throws -> [UInt8] { try Files.open(KernelPath(path), flags: O_RDONLY).readAll() }

/// What a tool makes of bytes on its standard input.
func filtered(_ command: String, _ bytes: [UInt8]) throws -> [UInt8] {
    let result = try run(["sh", "-c", command], input: bytes)
    try #require(result.status == 0, "\(command): \(result.errors)")
    return result.output
}

/// Bytes that no compressor makes smaller.
func noise(_ count: Int, using random: inout SplitMix) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { memory, initialized in
        let raw = UnsafeMutableRawBufferPointer(memory)
        for offset in stride(from: 0, to: count, by: 8) {
            withUnsafeBytes(of: random.next()) { word in
                UnsafeMutableRawBufferPointer(rebasing: raw[offset...]).copyBytes(from: word.prefix(count - offset))
            }
        }
        initialized = count
    }
}
