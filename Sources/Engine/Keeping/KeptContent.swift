import Model
import ObjectStore

/// What commits need that git does not know of: the bodies that recipes name, and kept blobs.
final class KeptContent {
    /// The digests of the blobs that reachable manifests name.
    private(set) var blobs: Set<Digest> = []
    private let store: ObjectStore

    init(in store: ObjectStore) { self.store = store }

    /// - Parameter entries: of a commit's root tree.
    /// - Returns: the blobs that git does not see from there.
    func needs(of entries: [TreeEntry]) throws -> [ObjectID] {
        // An operation has no files.
        guard let content = CommitContent(entries) else { return [] }
        if let manifest = content.manifest { blobs.formUnion(try Self.layerBlobs(of: manifest, in: store)) }
        return try content.layer.map { try Recipes.bodies(of: $0, in: store) } ?? []
    }

    /// The layers that an OCI or Docker manifest names.
    static func layerBlobs(of manifest: ObjectID, in store: ObjectStore) throws -> [Digest] {
        let json = try JSON(parsing: try store.read(manifest, as: .blob))
        guard let layers = json["layers"]?.array else {
            throw StoreError("read manifest", manifest.hex, .corrupt("it names no layers"))
        }
        return try layers.map { layer in
            guard let text = layer["digest"]?.string else {
                throw StoreError("read manifest", manifest.hex, .corrupt("a layer has no digest"))
            }
            return try Digest(parsing: text)
        }
    }
}
