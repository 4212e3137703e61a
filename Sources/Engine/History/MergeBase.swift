import Model
import ObjectStore

extension Repository {
    /// The nearest commit that the histories of two revisions share; nil where they share none. Images that were built on
    /// the same base have it in common.
    public func mergeBase(_ a: String, _ b: String) throws -> ObjectID? {
        let store = try store()
        return try store.mergeBase(try commit(named: a), try commit(named: b))
    }

    /// The commit that a revision names, or that a container has as its base.
    func commit(named text: String) throws -> ObjectID {
        try containerIfPresent(text).map { try state(of: $0).base } ?? resolve(text)
    }
}
