import Linux
import Model
import ObjectStore

/// What a rollback of a container left behind.
public struct ContainerRollback: Sendable {
    public let container: Container
    public let target: ObjectID
    /// The commit that keeps what had not been committed; nil where there was nothing.
    public let saved: ObjectID?
}

extension Repository {
    /// Moves a tag, by default to its commit's first parent.
    /// - Returns: where the tag was, and where it is.
    public func rollback(
        _ tag: TagName, to revision: Revision?, by author: Signature
    ) throws -> (old: ObjectID, new: ObjectID) {
        try requireRecovered()
        let old = try tagPosition(tag)
        let new: ObjectID
        if let revision {
            new = try resolve(revision)
        } else {
            guard let parent = try store().commit(old).parents.first else { throw EngineError.nothingBefore(tag) }
            new = parent
        }
        if old != new {
            try move("rollback \(tag) to \(new.short)", [RefMove(ref: tag.ref, old: old, new: new)], by: author)
        }
        return (old, new)
    }

    /// Makes a container's files those of a commit, by default of its base, and that commit its base. What was
    /// not committed is made a commit first.
    public func rollback(
        _ container: Container, to revision: Revision?, by author: Signature
    ) throws -> ContainerRollback {
        let running = try claimRunning(container)
        defer { withExtendedLifetime(running) {} }
        // While the lock is held the state counts for true.
        try settle(container, holding: running)
        let lock = try lock(container)
        defer { withExtendedLifetime(lock) {} }
        try endLeftovers(of: container)
        try requireRecovered()
        let state = try state(of: container)
        let target = try revision.map { try resolve($0) } ?? state.base
        let writer = try store().writer()
        let saved = try save(container, state, to: writer, by: author)
        guard saved != nil || target != state.base else {
            return ContainerRollback(container: container, target: target, saved: nil)
        }
        let move = BaseMove(
            container: container.id, old: state.base, new: target, upper: state.upper, oldContent: saved ?? state.base,
            newContent: target)
        try self.move(
            "rollback \(container.name) to \(target.short)", [], bases: [move], writer: writer, by: author)
        try removeOldUppers(of: container, try self.state(of: container))
        return ContainerRollback(container: container, target: target, saved: saved)
    }

    /// Makes what is not committed a commit on the base.
    /// - Returns: the commit, nil where the container is clean.
    func save(
        _ container: Container, _ state: ContainerState, to writer: ObjectWriter, by author: Signature
    ) throws -> ObjectID? {
        let base = try content(of: state.base)
        let store = try store()
        let fs = try capture(
            container, state, to: writer, isStored: { try store.containsBody($0, size: $1, holes: $2) })
        if fs == base.fs { return nil }
        let content = CommitContent(fs: fs, config: base.config)
        let commit = Commit(
            tree: try content.write(to: writer), parents: [state.base], author: author, committer: author,
            message: CommitMessage.encode("uncommitted changes in \(container.name)"))
        return try writer.add(.commit, commit.encoded)
    }
}
