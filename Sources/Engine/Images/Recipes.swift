import Images
import Linux
import Model
import ObjectStore

/// How a layer's recipe is kept: a tree of its chunks, `00000000` and so on, and of `diff-id`, the blob of the digest of the
/// tar file that it rebuilds (docs/format.md, "Recipes").
enum Recipes {
    private static let diffIDName: ByteName = "diff-id"

    /// Writes the chunks of one recipe as they come.
    final class Writer {
        private let sink: any ObjectSink
        private var entries: [TreeEntry] = []

        init(to sink: any ObjectSink) { self.sink = sink }

        func add(_ chunk: [UInt8]) throws(ImagesError) {
            do throws(StoreError) {
                let id = try sink.add(.blob, chunk)
                entries.append(TreeEntry(mode: .file, name: Recipes.name(entries.count), id: id))
            } catch { throw ImagesError("store recipe", "chunk \(entries.count)", error.description) }
        }

        /// - Returns: the id of the recipe's tree.
        func finish(diffID: Digest) throws -> ObjectID {
            let blob = try sink.add(.blob, Array("\(diffID)\n".utf8))
            return try sink.add(
                .tree, try Tree.encode(entries + [TreeEntry(mode: .file, name: diffIDName, id: blob)]))
        }
    }

    static func diffID(of layer: ObjectID, in source: any ObjectSource) throws -> Digest {
        let entries = try Tree.decode(try source.read(layer, as: .tree), id: layer)
        guard let entry = entries.first(where: { $0.name == diffIDName }) else {
            throw EngineError.refused("read recipe", subject: layer.short, reason: "it has no \(diffIDName)")
        }
        let text = try source.read(entry.id, as: .blob)
        guard text.last == UInt8(ascii: "\n"), let string = String(validating: text.dropLast(), as: UTF8.self) else {
            throw EngineError.refused("read recipe", subject: layer.short, reason: "its \(diffIDName) is malformed")
        }
        return try Digest(parsing: string)
    }

    /// The recipe, chunk by chunk.
    static func reader(of layer: ObjectID, in source: any ObjectSource) throws -> RecipeReader {
        let entries = try Tree.decode(try source.read(layer, as: .tree), id: layer).filter { $0.name != diffIDName }
        for (index, entry) in entries.enumerated() where entry.name != name(index) || entry.mode != .file {
            throw EngineError.refused(
                "read recipe", subject: layer.short, reason: "its chunk \(index) is '\(entry.name)'")
        }
        var rest = entries[...]
        return RecipeReader(named: layer.short) { () throws(ImagesError) in
            guard let entry = rest.popFirst() else { return nil }
            do throws(StoreError) { return try source.read(entry.id, as: .blob) } catch {
                throw ImagesError("read recipe", layer.short, error.description)
            }
        }
    }

    /// The bodies that the recipe refers to, as often as it does.
    static func bodies(of layer: ObjectID, in source: any ObjectSource) throws -> [ObjectID] {
        var reader = try reader(of: layer, in: source)
        var result: [ObjectID] = []
        while let part = try reader.nextBody() { result.append(part.id) }
        return result
    }

    /// The layer's tar file as it was, checked against its digest at the end.
    static func source(of layer: ObjectID, in store: ObjectStore) throws -> RecipeSource {
        RecipeSource(try reader(of: layer, in: store), named: layer.short) { (part) throws(ImagesError) in
            do throws(StoreError) {
                // With holes, wherever they are, it is in the pool.
                let holes = part.hasHoles ? [0..<part.size] : []
                switch try store.body(part.id, size: part.size, holes: holes) {
                case .inline(let bytes): return .bytes(bytes)
                case .file(let file): return .file(file)
                }
            } catch { throw ImagesError("rebuild layer", layer.short, error.description) }
        }
    }

    /// Why a layer does not come out as its digest says; nil where it does.
    static func problem(of layer: ObjectID, in store: ObjectStore) throws -> String? {
        do {
            let stated = try diffID(of: layer, in: store)
            let source = try source(of: layer, in: store)
            while try !source.next().isEmpty { try Interrupts.check() }
            guard source.end?.diffID == stated else { return "its recipe is of another layer than \(stated)" }
            return nil
        } catch let error as ImagesError { return error.reason } catch let error as Digest.Invalid {
            return error.reason
        }
    }

    private static func name(_ index: Int) -> ByteName {
        let digits = String(index)
        return ByteName(String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits)
    }
}
