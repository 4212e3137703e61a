import Images
import Model
import ObjectStore

/// The commits that an image's history becomes: made of nothing but what the image says, so that they have the same ids on
/// every machine (docs/format.md, "Commits of imported images").
enum LayerCommits {
    /// The commit of one history entry.
    /// - Parameters:
    ///   - entry: nil where the image tells no history.
    ///   - diffID: of the layer that the entry brought; nil where it brought none.
    static func commit(
        tree: ObjectID, parents: [ObjectID], entry: ImageConfig.History?, diffID: Digest?
    ) -> Commit {
        let parts = [entry?.createdBy, entry?.comment].compactMap { $0 }.filter { !$0.isEmpty }
        let said = CommitMessage.encode(parts.joined(separator: "\n\n"))
        let message =
            said == CommitMessage.encode("")
            ? CommitMessage.encode(diffID.map { "layer \($0)" } ?? "empty layer") : said
        let author = signature(entry?.author, at: entry?.created)
        return Commit(tree: tree, parents: parents, author: author, committer: author, message: message)
    }

    /// The commit on top, which has the config as it came.
    static func commit(tree: ObjectID, parents: [ObjectID], config: ImageConfig) -> Commit {
        let last = config.history.last { $0.created != nil }
        let author = signature(config.author, at: config.created ?? last?.created)
        return Commit(
            tree: tree, parents: parents, author: author, committer: author,
            message: CommitMessage.encode("image \(config.digest)"))
    }

    /// - Parameter author: as `MAINTAINER` takes it: `Name <address>`, or either alone.
    private static func signature(_ author: String?, at created: Timestamp?) -> Signature {
        let text = (author ?? "").trimmed
        var name = text
        var email: Substring = ""
        if let open = text.lastIndex(of: "<"), text.last == ">" {
            name = text[..<open].trimmed
            email = text[text.index(after: open)...].dropLast()
        }
        return Signature(
            name: name.isEmpty ? "unknown" : ByteName(String(name)), email: ByteName(String(email)),
            seconds: created?.seconds ?? 0)
    }
}
