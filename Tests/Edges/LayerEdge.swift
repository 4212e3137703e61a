import Images
import Model
import ObjectStore
import Snapshot

enum LayerEdge {
    /// Small, so that an input can't keep a fuzzer busy by what is allowed.
    private static let limits = LayerLimits(entries: 2000, bytes: 4 << 20)

    /// Takes it as it is, and with the checksums of its headers made right, which hardly any mutation keeps.
    static func take(_ bytes: [UInt8]) throws -> Bool {
        let isAccepted = try takeOnce(bytes)
        let signed = TarChecksums.corrected(bytes)
        return signed == bytes ? isAccepted : try takeOnce(signed) || isAccepted
    }

    private static func takeOnce(_ bytes: [UInt8]) throws -> Bool {
        do {
            let objects = MemoryObjects()
            var chunks: [[UInt8]] = []
            let reader = try LayerReader(BytesSource(bytes), named: "layer", limits: limits) { chunks.append($0) }
            let builder = LayerBuilder(onto: nil, from: objects)
            while let change = try reader.next() {
                // Where a tree can't be made, the rest is read all the same.
                do { try place(change, of: reader, in: builder, objects) } catch let error as SnapshotError {
                    _ = try Finding.refused(error.description)
                }
            }
            let (diffID, size) = try reader.finish()
            try checkTree(try builder.write(to: objects), in: objects)
            try checkRecipe(chunks, objects, diffID, size)
            return true
        } catch let error as ImagesError { return try Finding.refused(error.description) }
    }

    private static func place(
        _ change: LayerEntry, of reader: LayerReader, in builder: LayerBuilder, _ objects: MemoryObjects
    ) throws {
        switch change {
        case .whiteout(let path): try builder.addWhiteout(path)
        case .opaque(let path): try builder.addOpaque(path)
        case .entry(let entry):
            if let target = entry.hardLinkTarget { return try builder.addHardLink(entry.path, to: target) }
            switch entry.attributes.kind {
            case .directory: try builder.addDirectory(entry.path, entry.attributes)
            case .regular:
                let body = try objects.addBody(size: entry.attributes.size, holes: entry.attributes.holes) {
                    try reader.read(into: $0)
                }
                reader.stored(as: body)
                try builder.addLeaf(entry.path, entry.attributes, body: body)
            case .symlink:
                let body = try objects.add(.blob, entry.symlinkTarget ?? [])
                try builder.addLeaf(entry.path, entry.attributes, body: body)
            default: try builder.addLeaf(entry.path, entry.attributes, body: .emptyBlob)
            }
        }
    }

    /// What was written as a tree has to be read as one, all the way down.
    private static func checkTree(_ root: ObjectID, in objects: MemoryObjects) throws {
        var open = [root]
        while let tree = open.popLast() {
            for entry in try objects.directory(tree).entries {
                if case .directory(let subtree) = entry.node { open.append(subtree) }
            }
        }
    }

    private static func checkRecipe(
        _ chunks: [[UInt8]], _ objects: MemoryObjects, _ diffID: Digest, _ size: UInt64
    ) throws {
        var rest = chunks[...]
        let recipe = RecipeReader(named: "layer") { rest.popFirst() }
        let source = RecipeSource(recipe, named: "layer") { part throws(ImagesError) in
            .bytes(objects.bodies[part.id] ?? [])
        }
        do {
            // At its end the source compares the digest.
            while try !source.next().isEmpty {}
        } catch { throw Finding("its recipe does not rebuild it: \(error)") }
        try Finding.expect(source.end?.diffID == diffID && source.end?.size == size, "its recipe is of another layer")
    }
}
