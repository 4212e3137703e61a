import Images
import Model
import ObjectStore

/// What a commit is as an image: the image that was loaded at the bottom of its history, if one was, and the commits on it.
struct ImageHistory {
    /// Where a layer's tar file comes from.
    enum Layer: Hashable {
        /// From the recipe of this tree.
        case imported(recipe: ObjectID, diffID: Digest)
        /// From what differs.
        case difference(from: ObjectID?, to: ObjectID)
    }

    /// One commit that the config has yet to tell of.
    struct Line {
        let commit: Commit
        /// Nil where the commit changed no file.
        let layer: Layer?
    }

    /// An image as it came.
    struct Loaded {
        let commit: ObjectID
        let config: ImageConfig
        let manifest: ImageManifest?
        /// From the lowest up.
        let layers: [Layer]
        let fs: ObjectID
    }

    var loaded: Loaded?
    /// From the oldest on.
    var lines: [Line]
    /// The tip's config; nil where it is a layer of an image and has none.
    let config: ObjectID?
    let tip: ObjectID
    let fs: ObjectID

    /// Whether the layers are others than those of the commits.
    var isRewritten = false

    /// Whether the commit is a loaded image with nothing on it.
    var isAsLoaded: Bool { loaded?.commit == tip && !isRewritten }

    /// From the lowest up.
    var layers: [Layer] { (loaded?.layers ?? []) + lines.compactMap(\.layer) }

    init(of tip: ObjectID, in store: ObjectStore) throws {
        var chain: [(id: ObjectID, commit: Commit, content: CommitContent)] = []
        var next: ObjectID? = tip
        while let id = next {
            let commit = try store.commit(id)
            chain.append((id, commit, try CommitContent(of: commit.tree, in: store)))
            next = commit.parents.first
        }
        chain.reverse()

        var lines: [Line] = []
        var below: ObjectID?
        var loaded: Loaded?
        for (position, (id, commit, content)) in chain.enumerated() {
            // The layers of an image have no config; the first that has one is the image, or a root that was imported.
            if loaded == nil, let config = content.config, position > 0 || content.manifest != nil,
                !chain[..<position].contains(where: { $0.content.config != nil })
            {
                loaded = Loaded(
                    commit: id, config: try ImageConfig(parsing: try store.read(config, as: .blob), named: id.short),
                    manifest: try content.manifest.map {
                        try ImageManifest(parsing: try store.read($0, as: .blob), named: id.short)
                    },
                    layers: lines.compactMap(\.layer), fs: content.fs)
                lines = []
            } else {
                let layer: Layer? =
                    if let recipe = content.layer {
                        .imported(recipe: recipe, diffID: try Recipes.diffID(of: recipe, in: store))
                    } else if content.fs == below { nil } else { .difference(from: below, to: content.fs) }
                lines.append(Line(commit: commit, layer: layer))
            }
            below = content.fs
        }
        guard let last = chain.last else { throw EngineError.notCommit(tip) }
        if let loaded, loaded.layers.count != loaded.config.diffIDs.count {
            throw EngineError.refused(
                "read image", subject: loaded.commit.short,
                reason: "its config tells of \(loaded.config.diffIDs.count) layers, and it has \(loaded.layers.count)")
        }
        self.loaded = loaded
        self.lines = lines
        self.tip = tip
        config = last.content.config
        fs = last.content.fs
    }
}
