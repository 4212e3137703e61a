import CGit2
import Linux
import Model

/// Going back in history without reading a commit object for each step, where git's commit-graph file knows it
/// (gitformat-commit-graph(5)).
extension ObjectStore {
    /// The commit that is `generations` first parents before `id`; nil where history is shorter.
    public func ancestor(of id: ObjectID, generations: Int) throws(StoreError) -> ObjectID? {
        let walk = try RevisionWalk(in: try repository())
        try walk.push(id)
        try walk.followFirstParents()
        for _ in 0..<generations where try walk.next() == nil { return nil }
        return try walk.next()
    }

    /// The nearest commit that both histories have, the best of several (git-merge-base(1)); nil where they share none.
    public func mergeBase(_ a: ObjectID, _ b: ObjectID) throws(StoreError) -> ObjectID? {
        var (one, two, base) = (git_oid(a), git_oid(b), git_oid())
        let code = git_merge_base(&base, try repository().handle, &one, &two)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try git("look for merge base", "\(a.short) \(b.short)") { code }
        return ObjectID(&base)
    }

    /// Writes all commits that a tag reaches into the commit-graph file: a cache, for varve and for git. The caller has the
    /// packs locked.
    func writeCommitGraph() throws(StoreError) {
        let directory = "\(gitDirectory)/objects/info"
        try attempt("write commit-graph", directory) { () throws(SystemError) in try Files.makeDirectories(directory) }
        let walk = try RevisionWalk(in: try repository())
        try walk.pushAll("refs/heads/*")
        var made: OpaquePointer?
        try git("write commit-graph", directory) { git_commit_graph_writer_new(&made, directory) }
        defer { git_commit_graph_writer_free(made) }
        try git("write commit-graph", directory) { git_commit_graph_writer_add_revwalk(made, walk.handle) }
        var options = git_commit_graph_writer_options()
        try git("write commit-graph", directory) {
            git_commit_graph_writer_options_init(&options, UInt32(GIT_COMMIT_GRAPH_WRITER_OPTIONS_VERSION))
        }
        try StaleLock(path: "\(directory)/commit-graph.lock").clear()
        try git("write commit-graph", directory) { git_commit_graph_writer_commit(made, &options) }
    }
}

/// Owns one walk through history.
private final class RevisionWalk {
    let handle: OpaquePointer

    init(in repository: GitRepository) throws(StoreError) {
        var made: OpaquePointer?
        try git("walk history", repository.path) { git_revwalk_new(&made, repository.handle) }
        guard let made else { throw StoreError("walk history", repository.path, .missing) }
        handle = made
    }

    deinit { git_revwalk_free(handle) }

    func push(_ id: ObjectID) throws(StoreError) {
        var oid = git_oid(id)
        try git("walk history", id.hex) { git_revwalk_push(handle, &oid) }
    }

    func pushAll(_ glob: String) throws(StoreError) {
        try git("walk history", glob) { git_revwalk_push_glob(handle, glob) }
    }

    func followFirstParents() throws(StoreError) {
        try git("walk history", "") { git_revwalk_simplify_first_parent(handle) }
    }

    /// Nil at the end.
    func next() throws(StoreError) -> ObjectID? {
        var oid = git_oid()
        let code = git_revwalk_next(&oid, handle)
        if code == GIT_ITEROVER.rawValue { return nil }
        try git("walk history", "") { code }
        return withUnsafeBytes(of: oid) { $0.baseAddress.map { ObjectID(loading: $0) } }
    }
}
