import Model
import ObjectStore

/// The parts of a commit's root tree (docs/format.md, "Commits").
public struct CommitContent: Sendable, Hashable {
    /// The tree of the root filesystem.
    public var fs: ObjectID
    /// The blob of the OCI image config that the commit sets.
    public var config: ObjectID?

    public init(fs: ObjectID, config: ObjectID?) {
        self.fs = fs
        self.config = config
    }

    init(of tree: ObjectID, in source: any ObjectSource) throws {
        let entries = try Tree.decode(try source.read(tree, as: .tree), id: tree)
        guard let fs = entries.first(where: { $0.name == "fs" && $0.mode == .tree }) else {
            throw EngineError.notCommit(tree)
        }
        self.fs = fs.id
        config = entries.first { $0.name == "config" && $0.mode == .file }?.id
    }

    func write(to sink: any ObjectSink) throws -> ObjectID {
        var entries = [TreeEntry(mode: .tree, name: "fs", id: fs)]
        if let config { entries.append(TreeEntry(mode: .file, name: "config", id: config)) }
        return try sink.add(.tree, try Tree.encode(entries))
    }
}
