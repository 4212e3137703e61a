import Model
import ObjectStore

/// Walks from commits towards the past: children before their parents, and else the newest committer date first.
///
/// A line of commits is read as it is asked for. Where there are two ways, dates alone can't tell which commits are
/// below which, since clocks go wrong: then all that is left is read once, and a parent waits for its children.
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
    /// What is left, once there were two ways.
    private var rest: Rest?

    /// Commits that are not out yet, without the excluded ones.
    private struct Rest {
        var commits: [ObjectID: Commit] = [:]
        /// How many children of each are not out yet.
        var children: [ObjectID: Int] = [:]
    }

    init(from starts: [ObjectID], excluding excluded: [ObjectID], in store: ObjectStore) throws {
        self.store = store
        for id in excluded { try add(id, isExcluded: true) }
        for id in starts { try add(id, isExcluded: false) }
    }

    mutating func next() throws -> (ObjectID, Commit)? {
        if rest == nil, pending.lazy.filter({ !$0.isExcluded }).prefix(2).count == 2 { try readRest() }
        if rest != nil { return nextOfRest() }
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
        insert(Pending(id: id, commit: try store.commit(id), isExcluded: isExcluded))
    }

    private mutating func insert(_ new: Pending) {
        // Behind all that are as old or older: of equal dates the first that was added comes out last.
        let seconds = new.commit.committer.seconds
        let index = pending.firstIndex { $0.commit.committer.seconds >= seconds } ?? pending.endIndex
        pending.insert(new, at: index)
    }

    // MARK: Two ways

    private mutating func readRest() throws {
        var excluded: Set<ObjectID> = []
        var open = seen.filter(\.value).map(\.key)
        while let id = open.popLast() {
            if excluded.insert(id).inserted { open += try store.commit(id).parents }
        }
        var rest = Rest()
        open = pending.map(\.id)
        while let id = open.popLast() {
            if excluded.contains(id) || rest.commits[id] != nil { continue }
            let commit = try store.commit(id)
            rest.commits[id] = commit
            for parent in commit.parents { rest.children[parent, default: 0] += 1 }
            open += commit.parents
        }
        pending = pending.filter { rest.commits[$0.id] != nil && rest.children[$0.id] == nil }
        self.rest = rest
    }

    private mutating func nextOfRest() -> (ObjectID, Commit)? {
        guard let newest = pending.popLast() else { return nil }
        for parent in newest.commit.parents {
            guard let count = rest?.children[parent] else { continue }
            rest?.children[parent] = count - 1
            if count == 1, let commit = rest?.commits[parent] {
                insert(Pending(id: parent, commit: commit, isExcluded: false))
            }
        }
        return (newest.id, newest.commit)
    }
}
