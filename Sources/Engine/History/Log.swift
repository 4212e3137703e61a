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
            } else if let container = try containerIfPresent(text) {
                starts.append(try state(of: container).base)
            } else {
                starts.append(try resolve(text))
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
        let id = try containerIfPresent(text).map { try state(of: $0).base } ?? resolve(text)
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

/// Walks from commits towards the past, the newest committer date first.
struct HistoryWalk {
    private struct Pending {
        let id: ObjectID
        let commit: Commit
        var isExcluded: Bool
    }

    private let store: ObjectStore
    /// Sorted by date, the newest last.
    private var pending: [Pending] = []
    private var seen: [ObjectID: Bool] = [:]

    init(from starts: [ObjectID], excluding excluded: [ObjectID], in store: ObjectStore) throws {
        self.store = store
        for id in excluded { try add(id, isExcluded: true) }
        for id in starts { try add(id, isExcluded: false) }
    }

    mutating func next() throws -> (ObjectID, Commit)? {
        while pending.contains(where: { !$0.isExcluded }), let newest = pending.popLast() {
            for parent in newest.commit.parents { try add(parent, isExcluded: newest.isExcluded) }
            if !newest.isExcluded { return (newest.id, newest.commit) }
        }
        return nil
    }

    private mutating func add(_ id: ObjectID, isExcluded: Bool) throws {
        if let known = seen[id] {
            guard isExcluded, !known else { return }
            seen[id] = true
            if let index = pending.firstIndex(where: { $0.id == id }) { pending[index].isExcluded = true }
            return
        }
        seen[id] = isExcluded
        let commit = try store.commit(id)
        // Behind all that are as old or older: of equal dates the first that was added comes out last.
        let seconds = commit.committer.seconds
        let index = pending.firstIndex { $0.commit.committer.seconds >= seconds } ?? pending.endIndex
        pending.insert(Pending(id: id, commit: commit, isExcluded: isExcluded), at: index)
    }
}
