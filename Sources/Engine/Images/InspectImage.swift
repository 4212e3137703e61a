import Images
import Model
import ObjectStore

/// What `inspect` tells of a commit.
public struct InspectedImage: Sendable {
    public let commit: ObjectID
    public let tags: [TagName]
    public let parents: [ObjectID]
    /// As they are below `config` in the image's config; the whole of it where `config` is nil.
    public let config: JSON
    /// The digest of the config, which is the image's id, where the commit is an image as it was loaded.
    public let imageID: Digest?
    /// Of the manifest that it came with.
    public let manifest: Digest?
    /// The layers that were imported, from the lowest up; those of commits made here have no digest before they are saved.
    public let diffIDs: [Digest?]
    public let size: UInt64
}

extension Repository {
    public func inspect(_ revision: String) throws -> InspectedImage {
        let store = try store()
        let id = try commit(named: revision)
        let history = try ImageHistory(of: id, in: store)
        let config = try history.config.map { try JSON(parsing: try store.read($0, as: .blob)) }
        var sizes = TreeSizes(in: store)
        return InspectedImage(
            commit: id, tags: try tags().filter { $0.commit == id }.map(\.name),
            parents: try store.commit(id).parents, config: config ?? PlainConfig.json,
            imageID: history.isAsLoaded ? history.loaded?.config.digest : nil,
            manifest: history.isAsLoaded ? history.loaded?.manifest?.digest : nil,
            diffIDs: history.layers.map { if case .imported(_, let diffID) = $0 { diffID } else { nil } },
            size: try sizes.size(of: history.fs))
    }
}
