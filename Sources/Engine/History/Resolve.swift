import Model
import ObjectStore

extension Repository {
    /// The commit that a revision names.
    public func resolve(_ revision: Revision) throws -> ObjectID { try resolveNaming(revision).commit }

    /// The commit that a revision names, and the tag where the revision is that tag and nothing more.
    func resolveNaming(_ revision: Revision) throws -> (commit: ObjectID, tag: TagName?) {
        guard var (id, tag) = try anchor(revision) else {
            throw EngineError.unknownRevision(revision.text, near: try nearNames(revision.name))
        }
        if !revision.steps.isEmpty { tag = nil }
        for step in revision.steps {
            switch step {
            case .ancestor(let count):
                id = try ancestor(count, of: id, revision)
            case .parent(let number):
                if number > 0 { id = try parent(number, of: id, revision) }
            }
        }
        return (id, tag)
    }

    public func resolve(_ text: String) throws -> ObjectID { try resolve(try Revision(parsing: text)) }

    private func anchor(_ revision: Revision) throws -> (commit: ObjectID, tag: TagName?)? {
        let store = try store()
        switch revision.anchor {
        case .tag(let tag): return try store.ref(tag.ref).map { ($0, tag) }
        case .moved(let tag, let moment): return try position(of: tag, moment, revision).map { ($0, nil) }
        case .prefix(let hex):
            // A tag may look like an id: what a person named goes first.
            if let tag = try? TagName(parsing: hex), let id = try store.ref(tag.ref) { return (id, tag) }
            do throws(StoreError) { return (try store.resolve(prefix: hex), nil) } catch {
                if case .missing = error.cause { return nil }
                guard case .ambiguous(let candidates) = error.cause else { throw error }
                throw EngineError.ambiguousRevision(hex, candidates: candidates)
            }
        case nil: return nil
        }
    }

    private func ancestor(_ count: Int, of id: ObjectID, _ revision: Revision) throws -> ObjectID {
        if let ancestor = try store().ancestor(of: id, generations: count) { return ancestor }
        throw EngineError.refused(
            "resolve", subject: revision.text, reason: "history begins fewer than \(count) commits before \(id.short)")
    }

    private func parent(_ number: Int, of id: ObjectID, _ revision: Revision) throws -> ObjectID {
        let parents = try store().commit(id).parents
        guard number <= parents.count else {
            let reason = parents.isEmpty ? "it is the first commit" : "it has \(parents.count) parents"
            throw EngineError.refused(
                "resolve", subject: revision.text, reason: "\(id.short) has no parent \(number): \(reason)")
        }
        return parents[number - 1]
    }

    /// Where a tag was, by its reflog.
    private func position(
        of tag: TagName, _ moment: Revision.TagMoment, _ revision: Revision
    ) throws -> ObjectID? {
        let moves = try store().reflog(tag.ref)
        guard !moves.isEmpty else { return nil }
        switch moment {
        case .moves(let count):
            // Before the oldest move the tag was what that move started from.
            let position = count < moves.count ? moves[count].new : count == moves.count ? moves[count - 1].old : nil
            guard let position else {
                throw EngineError.refused(
                    "resolve", subject: revision.text, reason: "\(tag) has moved only \(moves.count) times")
            }
            return position
        case .date(let text):
            guard let seconds = Moment.parse(text, now: Moment.now()) else {
                throw EngineError.refused(
                    "resolve", subject: revision.text,
                    reason: "'\(text)' is no date; write 2026-11-01, '2026-11-01 15:30' or '2 days ago'")
            }
            guard let move = moves.first(where: { $0.author.seconds <= seconds }) else {
                throw EngineError.refused("resolve", subject: revision.text, reason: "\(tag) is younger than that")
            }
            return move.new
        }
    }

    /// The commit's own part of the history: its content by parts.
    public func content(of commit: ObjectID) throws -> CommitContent {
        try CommitContent(of: try store().commit(commit).tree, in: try store())
    }

    /// Tags and containers whose names are close to `name`.
    func nearNames(_ name: String) throws -> [String] {
        let tags = try tags().flatMap { [$0.name.description] + ($0.name.tag == "latest" ? [$0.name.name] : []) }
        return Likeness.nearest(to: name, among: tags + (try containerNames()))
    }
}
