import Images
import Model
import ObjectStore
import Snapshot

/// One step of how an image was made, as `history` tells it.
public struct ImageStep: Sendable {
    public let commit: ObjectID
    /// When it was made; nil where nobody says.
    public let created: Timestamp?
    public let createdBy: String
    public let comment: String
    /// Bytes of the files that the step brought, also of those of which it changed the attributes only.
    public let size: UInt64
    /// Whether the step changed no file.
    public let isEmpty: Bool
    /// Of the layer's tar file, where it was imported.
    public let diffID: Digest?
}

extension Repository {
    /// How the image of a revision was made, the last step first.
    public func imageSteps(_ revision: String) throws -> [ImageStep] {
        let store = try store()
        let history = try ImageHistory(of: try commit(named: revision), in: store)
        let loaded = history.loaded
        let told = loaded?.config.history ?? []
        var steps: [ImageStep] = []
        for (index, line) in (loaded?.steps ?? []).enumerated() {
            let entry = told.isEmpty ? nil : told[index]
            steps.append(
                try step(
                    line, created: entry?.created, createdBy: entry?.createdBy ?? "", comment: entry?.comment ?? ""))
        }
        for line in history.lines {
            steps.append(
                try step(
                    line, created: Timestamp(seconds: line.commit.author.seconds), createdBy: line.told.createdBy,
                    comment: line.told.comment))
        }
        return steps.reversed()
    }

    private func step(
        _ line: ImageHistory.Line, created: Timestamp?, createdBy: String, comment: String
    ) throws -> ImageStep {
        let store = try store()
        var size: UInt64 = 0
        if line.layer != nil {
            let below = try line.commit.parents.first.map { try content(of: $0).fs }
            let fs = try CommitContent(of: line.commit.tree, in: store).fs
            for item in try LayerEntries.between(below, fs, in: store) {
                if case .leaf(let attributes, _) = item.content, attributes.kind == .regular { size += attributes.size }
            }
        }
        var diffID: Digest?
        if case .imported(_, let id)? = line.layer { diffID = id }
        return ImageStep(
            commit: line.id, created: created, createdBy: createdBy, comment: comment, size: size,
            isEmpty: line.layer == nil, diffID: diffID)
    }
}
