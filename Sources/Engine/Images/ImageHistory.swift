import Images
import Model
import ObjectStore
import Snapshot

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
        let id: ObjectID
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
        /// The commits of its history, the oldest first.
        let steps: [Line]
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
        for (id, commit, content) in chain {
            if loaded == nil, let image = try Self.loaded(id, content, on: lines, below, in: store) {
                loaded = image
                lines = []
            } else {
                lines.append(
                    Line(id: id, commit: commit, layer: try Self.layer(of: content, on: below, in: store)))
            }
            below = content.fs
        }
        guard let last = chain.last else { throw EngineError.notCommit(tip) }
        self.loaded = loaded
        self.lines = lines
        self.tip = tip
        config = last.content.config
        fs = last.content.fs
    }

    /// Nil where the commit changed no file.
    private static func layer(
        of content: CommitContent, on below: ObjectID?, in store: ObjectStore
    ) throws -> Layer? {
        if let recipe = content.layer {
            return .imported(recipe: recipe, diffID: try Recipes.tarFile(of: recipe, in: store).diffID)
        }
        return content.fs == below ? nil : .difference(from: below, to: content.fs)
    }

    /// What a commit is where it is the one on top of an image's layers: it changes no file, and its config tells of
    /// just those layers. Nil for all others.
    /// - Parameters:
    ///   - lines: all commits before it.
    ///   - below: the files before it.
    private static func loaded(
        _ id: ObjectID, _ content: CommitContent, on lines: [Line], _ below: ObjectID?, in store: ObjectStore
    ) throws -> Loaded? {
        guard let blob = content.config, content.layer == nil else { return nil }
        let start = try below ?? ScratchObjects(over: store).add(Directory.empty)
        guard content.fs == start else { return nil }
        var layers: [Layer] = []
        var diffIDs: [Digest] = []
        for layer in lines.compactMap(\.layer) {
            guard case .imported(_, let diffID) = layer else { return nil }
            layers.append(layer)
            diffIDs.append(diffID)
        }
        let config = try ImageConfig(parsing: try store.read(blob, as: .blob), named: id.short)
        guard config.diffIDs == diffIDs, config.history.isEmpty || config.history.count == lines.count else {
            return nil
        }
        let manifest = try content.manifest.map {
            try ImageManifest(parsing: try store.read($0, as: .blob), named: id.short)
        }
        return Loaded(
            commit: id, config: config, manifest: manifest, layers: layers, steps: lines, fs: content.fs)
    }
}
