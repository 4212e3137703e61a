import Images
import Linux
import Model
import ObjectStore

/// How a layer's recipe is kept: a tree of its chunks, `00000000` and so on, and of `diff-id`, which says what tar file it
/// rebuilds (docs/format.md, "Recipes").
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
        func finish(_ tar: TarFile) throws -> ObjectID {
            let blob = try sink.add(.blob, Array("\(tar.diffID) \(tar.size)\n".utf8))
            return try sink.add(
                .tree, try Tree.encode(entries + [TreeEntry(mode: .file, name: diffIDName, id: blob)]))
        }
    }

    /// A layer without compression.
    struct TarFile: Hashable {
        let diffID: Digest
        /// In bytes.
        let size: UInt64
    }

    /// What a recipe rebuilds, as is noted beside it.
    static func tarFile(of layer: ObjectID, in source: any ObjectSource) throws -> TarFile {
        func malformed() -> EngineError {
            .refused("read recipe", subject: layer.short, reason: "its \(diffIDName) is missing or malformed")
        }
        let entries = try Tree.decode(try source.read(layer, as: .tree), id: layer)
        guard let entry = entries.first(where: { $0.name == diffIDName }) else { throw malformed() }
        let text = String(decoding: try source.read(entry.id, as: .blob), as: UTF8.self)
        let words = text.dropLast().split(separator: " ", omittingEmptySubsequences: false)
        guard text.last == "\n", words.count == 2, let size = UInt64(words[1]), String(size) == words[1], size < 1 << 63
        else {
            throw malformed()
        }
        return TarFile(diffID: try Digest(parsing: String(words[0])), size: size)
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

    /// The bodies that the recipe refers to, each once.
    static func bodies(of layer: ObjectID, in source: any ObjectSource) throws -> [ObjectID] {
        var reader = try reader(of: layer, in: source)
        var bodies: Set<ObjectID> = []
        while let part = try reader.nextBody() { bodies.insert(part.id) }
        return bodies.sorted()
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
            let stated = try tarFile(of: layer, in: store)
            let source = try source(of: layer, in: store)
            while try !source.next().isEmpty { try Interrupts.check() }
            guard let end = source.end, TarFile(diffID: end.diffID, size: end.size) == stated else {
                return "its recipe is of another layer than \(stated.diffID)"
            }
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
