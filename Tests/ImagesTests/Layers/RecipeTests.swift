import Model
import Testbed
import Testing

@testable import Images

@Suite("Recipes")
struct RecipeTests {
    @Test(
        "rebuild the tar files of real tools byte for byte", .enabled(if: isRoot),
        arguments: [
            "tar --format=gnu -S -cf", "tar --format=oldgnu -S -cf", "tar --format=gnu -b 1 -cf",
            "tar --format=posix -S --sparse-version=0.0 --xattrs --xattrs-include='*' -cf",
            "tar --format=posix -S --sparse-version=0.1 -cf", "tar --format=posix -S --sparse-version=1.0 -cf",
            "tar --format=posix -b 2000 -cf", "bsdtar --format=pax --xattrs --acls -cf", "bsdtar --format=gnutar -cf",
        ])
    func tools(command: String) throws {
        let tree = try SourceTree(
            SourceTree.plain, SourceTree.oddNames, SourceTree.largeOwners, SourceTree.sparse, SourceTree.times,
            SourceTree.xattrs, "mv d/.wh.gone d/.gone; rm d/.wh..wh..opq; printf x > d/.wh.really")
        try rebuild(tree, "\(command) out.tar -C tree .")
    }

    @Test(
        "rebuild the tar files of older formats and other tools", .enabled(if: isRoot),
        arguments: [
            "tar --format=v7 -cf out.tar -C tree .", "tar --format=ustar -cf out.tar -C tree .",
            "tar --format=ustar -cf out.tar --hard-dereference -C tree . ./d/large ./d/large && head -c 5000 /dev/zero >> out.tar",
            "tar --format=gnu -b 1 -cf a.tar -C tree . && head -c -1024 a.tar > out.tar",
            "python3 -c \"import tarfile\nwith tarfile.open('out.tar', 'w', format=tarfile.PAX_FORMAT) as t: t.add('tree', '.')\"",
            "python3 -c \"import tarfile\nwith tarfile.open('out.tar', 'w', format=tarfile.GNU_FORMAT) as t: t.add('tree', '.')\"",
            "busybox tar -cf out.tar -C tree .",
        ])
    func plain(command: String) throws {
        let tree = try SourceTree(SourceTree.plain, "rm d/.wh.* d/fifo d/char d/block")
        try rebuild(tree, command)
    }

    private func rebuild(_ tree: SourceTree, _ command: String) throws {
        let result = try run(["sh", "-ec", "cd '\(tree.directory.path)'; \(command)"], environment: ["LC_ALL": "C"])
        try #require(result.status == 0, "\(result.errors)")
        let path = tree.directory.file("out.tar")
        let bytes = try fileBytes(path)
        let layer = try ReadLayer(path: path)
        #expect(layer.size == UInt64(bytes.count) && layer.diffID == sha256(bytes))
        #expect(try layer.rebuilt() == bytes)
        // Each body is there by reference alone.
        var referred: Set<ObjectID> = []
        var reader = recipeReader(layer.recipe)
        while let part = try reader.nextBody() { referred.insert(part.id) }
        let stored = layer.entries.filter { !$0.entry.attributes.dataRanges.isEmpty && $0.entry.hardLinkTarget == nil }
        let regular = stored.filter { $0.entry.attributes.kind == .regular }
        #expect(referred == Set(try regular.map { try bodyID($0.body) }))
        for seed in 1..<4 as Range<UInt64> {
            let source = PiecesSource(bytes, largest: [17, 700, 300_000][Int(seed) - 1], seed: seed)
            #expect(try ReadLayer(source).recipe == layer.recipe)
        }
    }

    @Test("are the same for whatever pieces bytes come in, and say them all again")
    func pieces() throws {
        var random = SplitMix(seed: 11)
        for _ in 0..<40 {
            let stream = Self.randomStream(using: &random)
            let whole = try Self.recipe(stream.parts, stream.bodies)
            #expect(try Self.recipe(Self.split(stream.parts, using: &random), stream.bodies) == whole)
            #expect(whole.chunks.allSatisfy { $0.count <= 1 << 20 })
            let source = RecipeSource(recipeReader(whole.chunks), named: "layer") { part throws(ImagesError) in
                .bytes(stream.bodies[part.id] ?? [])
            }
            #expect(try allBytes(source) == whole.bytes)
            #expect(source.end?.diffID == sha256(whole.bytes) && source.end?.size == UInt64(whole.bytes.count))
            // What the reader takes has one form.
            let operations = try recipeOperations(whole.chunks)
            #expect(try written(operations, diffID: sha256(whole.bytes)) == whole.chunks)
        }
    }

    @Test("a long one is cut into chunks of up to 1 MiB, which say the same")
    func chunks() throws {
        var random = SplitMix(seed: 5)
        let text = noise(3 << 20, using: &random)
        let whole = try Self.recipe([.bytes(text)], [:])
        #expect(whole.chunks.count == 4)
        #expect(whole.chunks.dropLast().allSatisfy { $0.count <= 1 << 20 && $0.count > (1 << 20) - (1 << 16) - 4 })
        #expect(try allBytes(RecipeSource(recipeReader(whole.chunks), named: "layer") { _ in .bytes([]) }) == text)
    }

    @Test("bodies that are missing, too short or changed are told of")
    func wrongBodies() throws {
        let body: [UInt8] = Array("hello".utf8)
        let bytes = HeaderBuilder("a", size: 5).bytes + padded(body) + endMark
        let layer = try ReadLayer(bytes: bytes)
        func rebuild(_ content: [UInt8]) throws -> [UInt8] {
            try allBytes(RecipeSource(recipeReader(layer.recipe), named: "layer") { _ in .bytes(content) })
        }
        #expect(try rebuild(body) == bytes)
        let id = try #require(layer.bodies.keys.first)
        #expect(throws: ImagesError("rebuild layer", "layer", "body \(id) has fewer bytes than 5")) {
            try rebuild([1, 2])
        }
        let error = #expect(throws: ImagesError.self) { try rebuild([1, 2, 3, 4, 5]) }
        #expect(error?.reason.hasSuffix("and should be \(layer.diffID)") == true)
    }

    // MARK: Random streams

    enum Part {
        case bytes([UInt8])
        case body(BodyRange)
    }

    private static func randomStream(using random: inout SplitMix) -> (parts: [Part], bodies: [ObjectID: [UInt8]]) {
        var bodies: [ObjectID: [UInt8]] = [:]
        for _ in 0..<3 {
            let size = Int.random(in: 1...900, using: &random)
            let body = (0..<size).map { _ in UInt8.random(in: 0...3, using: &random) }
            guard let id = ObjectID(bytes: sha256(body).bytes.prefix(20)) else { continue }
            bodies[id] = body
        }
        let ids = bodies.keys.sorted()
        let parts = (0..<Int.random(in: 0...30, using: &random)).map { _ -> Part in
            switch Int.random(in: 0..<4, using: &random) {
            case 0: return .bytes([UInt8](repeating: 0, count: Int.random(in: 0...40, using: &random)))
            case 1:
                if Int.random(in: 0..<8, using: &random) == 0 {
                    return .bytes(noise(Int.random(in: 0...300_000, using: &random), using: &random))
                }
                let count = Int.random(in: 0...200, using: &random)
                return .bytes((0..<count).map { _ in UInt8.random(in: 0...1, using: &random) })
            default:
                let id = ids[Int.random(in: 0..<ids.count, using: &random)]
                let size = UInt64(bodies[id]?.count ?? 0)
                let start = UInt64.random(in: 0..<size, using: &random)
                let end = UInt64.random(in: (start + 1)...size, using: &random)
                return .body(
                    BodyRange(
                        id: id, size: size, hasHoles: size.isMultiple(of: 2),
                        range: Bool.random(using: &random) ? 0..<size : start..<end))
            }
        }
        return (parts, bodies)
    }

    private static func split(_ parts: [Part], using random: inout SplitMix) -> [Part] {
        parts.flatMap { part -> [Part] in
            switch part {
            case .bytes(let bytes):
                guard bytes.count > 1 else { return [part] }
                let middle = Int.random(in: 0...bytes.count, using: &random)
                return [.bytes(Array(bytes[..<middle])), .bytes(Array(bytes[middle...]))]
            case .body(var first):
                guard first.range.upperBound - first.range.lowerBound > 1 else { return [part] }
                var second = first
                let middle = (first.range.lowerBound + first.range.upperBound) / 2
                first.range = first.range.lowerBound..<middle
                second.range = middle..<second.range.upperBound
                return [.body(first), .body(second)]
            }
        }
    }

    /// The recipe of a stream, and the stream.
    private static func recipe(
        _ parts: [Part], _ bodies: [ObjectID: [UInt8]]
    ) throws -> (chunks: [[UInt8]], bytes: [UInt8]) {
        var chunks: [[UInt8]] = []
        let writer = RecipeWriter { chunks.append($0) }
        var stream: [UInt8] = []
        for part in parts {
            switch part {
            case .bytes(let bytes):
                try writer.add(bytes)
                stream += bytes
            case .body(let part):
                try writer.add(part)
                let body = try #require(bodies[part.id])
                stream += body[Int(part.range.lowerBound)..<Int(part.range.upperBound)]
            }
        }
        #expect(writer.size == UInt64(stream.count))
        try writer.finish(diffID: sha256(stream))
        return (chunks, stream)
    }
}
