import Model
import ObjectStore

extension ObjectStore {
    /// The bodies that the recipe of a layer names.
    /// - Parameter tree: with the recipe's chunks.
    func layerBodies(_ tree: ObjectID) throws -> [ObjectID] { [] }
}
