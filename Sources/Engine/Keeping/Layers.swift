import Model
import ObjectStore

extension ObjectStore {
    /// The bodies that the recipe of a layer names.
    /// - Parameter tree: with the recipe's chunks.
    func layerBodies(_ tree: ObjectID) throws -> [ObjectID] { [] }

    /// Why a layer can't be rebuilt; nil where it comes out as its digest says.
    func layerProblem(_ tree: ObjectID) throws -> String? { nil }
}
