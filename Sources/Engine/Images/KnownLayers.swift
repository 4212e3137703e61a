import Images
import Model
import ObjectStore

/// The layers that the repository has: what each made of which tree. A layer that is known need not be read again.
struct KnownLayers {
    struct Application: Hashable {
        /// The root filesystem below; nil for the lowest layer.
        let base: ObjectID?
        let diffID: Digest
    }

    struct Result: Hashable {
        /// The root filesystem with the layer.
        let fs: ObjectID
        /// The tree of its recipe.
        let layer: ObjectID
    }

    /// A compressed layer that is known to have this content.
    struct Blob: Hashable {
        let digest: Digest
        let diffID: Digest
    }

    private var known: [Application: Result] = [:]
    /// Those of the images that were loaded.
    var blobs: Set<Blob> = []

    init() {}

    /// Looks at the histories of all tags.
    init(in repository: Repository) throws {
        let store = try repository.store()
        var walk = try HistoryWalk(
            from: try repository.tags().map(\.commit), excluding: [], in: store)
        while let (_, commit) = try walk.next() {
            let content = try CommitContent(of: commit.tree, in: store)
            if let manifest = content.manifest, let config = content.config {
                let manifest = try ImageManifest(parsing: try store.read(manifest, as: .blob), named: commit.tree.short)
                let config = try ImageConfig(parsing: try store.read(config, as: .blob), named: commit.tree.short)
                blobs.formUnion(
                    zip(manifest.layers, config.diffIDs).map { Blob(digest: $0.digest, diffID: $1) })
            }
            guard let layer = content.layer else { continue }
            let base = try commit.parents.first.map { try repository.content(of: $0).fs }
            add(
                Application(base: base, diffID: try Recipes.tarFile(of: layer, in: store).diffID),
                Result(fs: content.fs, layer: layer))
        }
    }

    mutating func add(_ application: Application, _ result: Result) { known[application] = result }

    subscript(_ application: Application) -> Result? { known[application] }
}
