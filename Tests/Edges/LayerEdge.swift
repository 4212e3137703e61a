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
            var changes: [(LayerEntry, body: ObjectID)] = []
            while let change = try reader.next() {
                changes.append((change, try body(of: change, of: reader, objects)))
            }
            let (diffID, size) = try reader.finish()
            // On nothing, and on what came of that, where whiteouts and links find something.
            let first = try apply(changes, onto: nil, objects)
            _ = try apply(changes, onto: first, objects)
            try checkRecipe(chunks, objects, diffID, size)
            return true
        } catch let error as ImagesError { return try Finding.refused(error.description) }
    }

    private static func body(
        of change: LayerEntry, of reader: LayerReader, _ objects: MemoryObjects
    ) throws -> ObjectID {
        guard case .entry(let entry) = change, entry.hardLinkTarget == nil else { return .emptyBlob }
        if let target = entry.symlinkTarget { return try objects.add(.blob, target) }
        guard entry.attributes.kind == .regular else { return .emptyBlob }
        let body = try objects.addBody(size: entry.attributes.size, holes: entry.attributes.holes) {
            try reader.read(into: $0)
        }
        reader.stored(as: body)
        return body
    }

    /// Where one change can't be made, the others are all the same.
    private static func apply(
        _ changes: [(LayerEntry, body: ObjectID)], onto base: ObjectID?, _ objects: MemoryObjects
    ) throws -> ObjectID {
        let builder = LayerBuilder(onto: base, from: objects)
        for (change, body) in changes {
            do { try place(change, body, in: builder) } catch let error as SnapshotError {
                _ = try Finding.refused(error.description)
            }
        }
        let tree = try builder.write(to: objects)
        try checkTree(tree, in: objects)
        return tree
    }

    private static func place(_ change: LayerEntry, _ body: ObjectID, in builder: LayerBuilder) throws {
        switch change {
        case .whiteout(let path): try builder.addWhiteout(path)
        case .opaque(let path): try builder.addOpaque(path)
        case .entry(let entry):
            if let target = entry.hardLinkTarget {
                try builder.addHardLink(entry.path, to: target)
            } else if entry.attributes.kind == .directory {
                try builder.addDirectory(entry.path, entry.attributes)
            } else {
                try builder.addLeaf(entry.path, entry.attributes, body: body)
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
