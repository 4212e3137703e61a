import Model
import ObjectStore

/// The parts of a commit's root tree (docs/format.md, "Commits").
public struct CommitContent: Sendable, Hashable {
    /// The tree of the root filesystem.
    public var fs: ObjectID
    /// The blob of the OCI image config that the commit sets.
    public var config: ObjectID?
    /// The tree of the recipe that rebuilds an imported layer's tar file; nil on commits made here.
    public var layer: ObjectID?
    /// The blob of the manifest that an image came with, which is of the same commit as its config.
    public var manifest: ObjectID?

    public init(fs: ObjectID, config: ObjectID?, layer: ObjectID? = nil, manifest: ObjectID? = nil) {
        self.fs = fs
        self.config = config
        self.layer = layer
        self.manifest = manifest
    }

    init(of tree: ObjectID, in source: any ObjectSource) throws {
        let entries = try Tree.decode(try source.read(tree, as: .tree), id: tree)
        guard let content = CommitContent(entries) else { throw EngineError.notCommit(tree) }
        self = content
    }

    /// Nil where these are not the entries of a commit's root tree.
    init?(_ entries: [TreeEntry]) {
        func entry(_ name: ByteName, _ mode: TreeEntry.Mode) -> ObjectID? {
            entries.first { $0.name == name && $0.mode == mode }?.id
        }
        guard let fs = entry("fs", .tree) else { return nil }
        self.init(
            fs: fs, config: entry("config", .file), layer: entry("layer", .tree), manifest: entry("manifest", .file))
    }

    func write(to sink: any ObjectSink) throws -> ObjectID {
        var entries = [TreeEntry(mode: .tree, name: "fs", id: fs)]
        if let config { entries.append(TreeEntry(mode: .file, name: "config", id: config)) }
        if let layer { entries.append(TreeEntry(mode: .tree, name: "layer", id: layer)) }
        if let manifest { entries.append(TreeEntry(mode: .file, name: "manifest", id: manifest)) }
        return try sink.add(.tree, try Tree.encode(entries))
    }
}
