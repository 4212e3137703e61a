import Images
import Linux
import Model
import ObjectStore

extension ObjectStore {
    /// The bodies that the recipe of a layer names.
    /// - Parameter tree: with the recipe's chunks.
    func layerBodies(_ tree: ObjectID) throws -> [ObjectID] {
        var recipe = try layerRecipe(tree)
        var bodies: Set<ObjectID> = []
        while let body = try recipe.nextBody() { bodies.insert(body.id) }
        return bodies.sorted()
    }

    /// Why a layer can't be rebuilt; nil where it comes out as its digest says.
    func layerProblem(_ tree: ObjectID) throws -> String? {
        do {
            let source = RecipeSource(try layerRecipe(tree), named: tree.short) { (body) throws(ImagesError) in
                do throws(StoreError) { return try self.content(of: body) } catch {
                    throw ImagesError("read body", body.id.hex, "\(error.cause)")
                }
            }
            while try !source.next().isEmpty {}
            return nil
        } catch let error as SystemError { throw error } catch { return "\(error)" }
    }

    /// A recipe from its chunks: blobs with names of eight digits, from `00000000` on.
    private func layerRecipe(_ tree: ObjectID) throws -> RecipeReader {
        let entries = try self.tree(tree)
        for (number, entry) in entries.enumerated() {
            let digits = String(number)
            let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
            guard entry.mode == .file, entry.name == ByteName(name) else {
                throw StoreError("read recipe", tree.hex, .corrupt("'\(entry.name)' is no chunk's name here"))
            }
        }
        var rest = entries[...]
        return RecipeReader(named: tree.short) { () throws(ImagesError) in
            guard let entry = rest.popFirst() else { return nil }
            do throws(StoreError) { return try self.read(entry.id, as: .blob) } catch {
                throw ImagesError("read recipe", tree.short, "\(error.cause)")
            }
        }
    }

    private func content(of body: BodyRange) throws(StoreError) -> BodyContent {
        // All that matters of holes is that there are any.
        let holes = body.hasHoles ? [0..<body.size] : []
        switch try self.body(body.id, size: body.size, holes: holes) {
        case .inline(let bytes): return .bytes(bytes)
        case .file(let file): return .file(file)
        }
    }
}
