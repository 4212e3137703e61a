import Images
import Model
import ObjectStore

extension ImageHistory {
    /// The history and layers put together anew, as they leave.
    enum Shape: Sendable {
        /// One layer for each commit that changed a file.
        case full
        /// All commits after this one, the image's own if nil, as one layer.
        case squashed(since: ObjectID?)
        /// One layer with everything.
        case flat
    }

    /// - Throws: where `since` is not among the commits that were made on the image.
    func shaped(_ shape: Shape, in store: ObjectStore) throws -> ImageHistory {
        switch shape {
        case .full: return self
        case .flat: return try over(nil, below: nil, in: store)
        case .squashed(let since):
            guard let since = since ?? loaded?.commit else { return try over(nil, below: nil, in: store) }
            if since == tip { return self }
            let below = try ImageHistory(of: since, in: store)
            guard try store.mergeBase(since, tip) == since else {
                throw EngineError.refused(
                    "save", subject: since.short, reason: "it is not in the history of \(tip.short)")
            }
            return try over(below, below: below.fs, in: store)
        }
    }

    /// The tip's files as one layer on another history.
    private func over(_ other: ImageHistory?, below: ObjectID?, in store: ObjectStore) throws -> ImageHistory {
        var result = self
        result.loaded = other?.loaded
        let layer: Layer? = below == fs ? nil : .difference(from: below, to: fs)
        result.lines = (other?.lines ?? []) + [Line(id: tip, commit: try store.commit(tip), layer: layer)]
        result.isRewritten = true
        return result
    }

    /// The image's config. That of an image that was loaded stays as it came, byte for byte; else the history, the layers
    /// and the date are brought up to the tip.
    /// - Parameter diffIDs: of all layers, from the lowest up.
    func outgoingConfig(diffIDs: [Digest], in store: ObjectStore) throws -> ImageConfig {
        if isAsLoaded, let loaded { return loaded.config }
        var json = try config.map { try JSON(parsing: try store.read($0, as: .blob)) } ?? PlainConfig.json
        let commit = try store.commit(tip)
        if !lines.isEmpty {
            json = json.setting("created", to: .string(commit.author.rfc3339))
            json = json.setting("author", to: .string(commit.author.displayed))
        }
        json = json.setting("history", to: .array(historyBelow + lines.map(\.history)))
        let ids = JSON.array(diffIDs.map { .string($0.description) })
        json = json.setting("rootfs", to: ["type": "layers", "diff_ids": ids])
        return try ImageConfig(parsing: json.canonical(), named: tip.short)
    }

    /// What the loaded image tells; where it tells nothing, a line a layer, since there must be as many as layers or none.
    private var historyBelow: [JSON] {
        guard let loaded else { return [] }
        if !loaded.config.history.isEmpty { return loaded.config.history.map(\.json) }
        return loaded.config.diffIDs.map { ["created_by": .string("layer \($0)")] }
    }
}

extension ImageHistory.Line {
    /// What the history says of the commit: of an image's own step what it said, and else that varve made it.
    var told: (createdBy: String, comment: String) {
        let message = String(String(decoding: commit.message, as: UTF8.self).trimmed)
        if case .imported? = layer { return (message, "") }
        return ("varve commit", message)
    }

    /// One entry of the config's `history` (image-spec, "Image Configuration").
    fileprivate var history: JSON {
        var members: [JSON.Member] = [
            JSON.Member("created", .string(commit.author.rfc3339)),
            JSON.Member("author", .string(commit.author.displayed)),
            JSON.Member("created_by", .string(told.createdBy)),
        ]
        if !told.comment.isEmpty { members.append(JSON.Member("comment", .string(told.comment))) }
        if layer == nil { members.append(JSON.Member("empty_layer", true)) }
        return .object(members)
    }
}

extension Signature {
    /// `Name <address>`.
    var displayed: String {
        let name = String(decoding: self.name.bytes, as: UTF8.self)
        return email.bytes.isEmpty ? name : "\(name) <\(String(decoding: email.bytes, as: UTF8.self))>"
    }

    /// The time, in UTC.
    var rfc3339: String {
        // Only years after 9999 have no such text, and those are not told.
        Timestamp(seconds: seconds).rfc3339 ?? "9999-12-31T23:59:59Z"
    }
}
