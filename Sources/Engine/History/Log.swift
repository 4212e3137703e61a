import Model
import ObjectStore
import Snapshot

/// One commit as `log` and `show` tell it.
public struct LoggedCommit: Sendable {
    public let id: ObjectID
    public let commit: Commit
    /// The tags that point at it now.
    public let tags: [TagName]
}

/// Which commits `log` tells.
public struct LogRequest: Sendable {
    /// Revisions, ranges `A..B`, or empty with `all`.
    public var revisions: [String] = []
    public var all = false
    public var limit: Int?
    /// Only commits that changed something at or below one of these.
    public var paths: [BytePath] = []

    public init() {}
}

extension Repository {
    /// Calls `body` with each commit, the newest first and children before their parents, until it returns false.
    public func log(_ request: LogRequest, _ body: (LoggedCommit) throws -> Bool) throws {
        var starts: [ObjectID] = request.all ? try tags().map(\.commit) : []
        var excluded: [ObjectID] = []
        for text in request.revisions {
            if let dots = text.firstRange(of: "..") {
                excluded.append(try resolve(String(text[..<dots.lowerBound])))
                starts.append(try resolve(String(text[dots.upperBound...])))
            } else {
                starts.append(try commit(named: text))
            }
        }
        let tagged = Dictionary(grouping: try tags(), by: \.commit).mapValues { $0.map(\.name) }
        var walk = try HistoryWalk(from: starts, excluding: excluded, in: try store())
        var told = 0
        while told < request.limit ?? .max, let (id, commit) = try walk.next() {
            guard try request.paths.isEmpty || touches(commit, request.paths) else { continue }
            told += 1
            guard try body(LoggedCommit(id: id, commit: commit, tags: tagged[id] ?? [])) else { return }
        }
    }

    /// One commit by revision.
    public func show(_ text: String) throws -> LoggedCommit {
        let id = try commit(named: text)
        return LoggedCommit(
            id: id, commit: try store().commit(id), tags: try tags().filter { $0.commit == id }.map(\.name))
    }

    /// Whether something at one of the paths differs between a commit and its first parent.
    private func touches(_ commit: Commit, _ paths: [BytePath]) throws -> Bool {
        let store = try store()
        let new = try CommitContent(of: commit.tree, in: store).fs
        let old = try commit.parents.first.map { try content(of: $0).fs }
        return try paths.contains { path in
            try store.node(at: path, in: new) != old.flatMap { try store.node(at: path, in: $0) }
        }
    }
}
