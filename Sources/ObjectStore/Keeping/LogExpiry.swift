import CGit2
import Glibc
import Linux
import Model

/// What of the operation log and the reflogs is to be forgotten: what is older than a moment.
public struct LogExpiry: Sendable, Hashable {
    /// Seconds since 1970.
    public let limit: Int64
    /// The newest of the operations that are forgotten: those before that moment that follow on none
    /// from after it. So one with a wrong date takes none with it. Nil where there is none. It stays as the log's end: its parents
    /// are forgotten, and so what it and those before it mention, and nothing tells of it any more.
    public let cut: ObjectID?
    /// Forgotten operations that others, which are not, have taken back: they are reached past `cut`, and their parents are
    /// forgotten as well.
    let undone: Set<ObjectID>
    /// How many operations that are told of now are not told of after it.
    public let operations: Int

    /// Looks for what is older than `limit`; changes nothing.
    public init(before limit: Int64, in store: ObjectStore) throws(StoreError) {
        self.limit = limit
        let all = try store.operations()
        let kept = all.prefix((all.lastIndex { $0.operation.author.seconds >= limit } ?? -1) + 1)
        cut = all.dropFirst(kept.count).first?.id
        operations = all.count - kept.count
        var undone = Set(kept.compactMap(\.operation.undoes))
        undone.subtract(kept.map(\.id))
        if let cut { undone.remove(cut) }
        self.undone = undone
    }

    /// All commits whose parents are forgotten.
    var cuts: Set<ObjectID> { cut.map { undone.union([$0]) } ?? [] }

    func covers(_ entry: ReflogEntry) -> Bool { covers(entry.author.seconds) }

    fileprivate func covers(_ seconds: Int64) -> Bool { seconds < limit }
}

extension ObjectStore {
    /// Forgets it. Killed at any moment, it has happened in part; doing it again does the rest.
    public func forget(_ expiry: LogExpiry) throws(StoreError) {
        let lock = try RepositoryLock(root: root)
        defer { lock.keep() }
        if let cut = expiry.cut {
            // An older value that comes back after a power cut would not be in the log any more.
            if let newest = try loosely(Self.operationsRef) {
                guard try loosely(Self.appliedRef) == newest else {
                    throw StoreError("cut operation log", cut.hex, .invalid("an operation is not complete"))
                }
                try RefFile.write(Self.appliedRef, newest, gitDirectory: gitDirectory)
            }
            // Git's own way to end a history before its beginning: gitrepository-layout(5), "shallow". A newer cut
            // makes an older one needless.
            var lines = ""
            for id in expiry.cuts.sorted() where try contains(id) { lines += "\(id.hex)\n" }
            try attempt("cut operation log", cut.hex) { () throws(SystemError) in
                try Files.replace("\(gitDirectory)/shallow", with: Array(lines.utf8))
            }
            try checkpoint?(.logCut)
        }
        for ref in try refs(prefix: "refs/") where ref.name != Self.operationsRef && ref.name != Self.appliedRef {
            try trimReflog(ref.name, expiry)
        }
    }

    private func trimReflog(_ name: String, _ expiry: LogExpiry) throws(StoreError) {
        let repository = try repository()
        var log: OpaquePointer?
        try git("read reflog", name) { git_reflog_read(&log, repository.handle, name) }
        defer { git_reflog_free(log) }
        var isChanged = false
        // Entry 0 is the newest.
        for index in (0..<git_reflog_entrycount(log)).reversed() {
            guard let entry = git_reflog_entry_byindex(log, index), let who = git_reflog_entry_committer(entry),
                expiry.covers(who.pointee.when.time)
            else { continue }
            try git("trim reflog", name) { git_reflog_drop(log, index, 0) }
            isChanged = true
        }
        guard isChanged else { return }
        try StaleLock(path: "\(gitDirectory)/logs/\(name).lock").clear()
        try git("trim reflog", name) { git_reflog_write(log) }
    }
}
