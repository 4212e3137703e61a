import Glibc
import Linux
import Model

extension ObjectStore {
    /// The newest operation: its first parents are all others.
    static let operationsRef = "refs/varve/operations"
    /// The newest operation whose moves are known to be made.
    static let appliedRef = "refs/varve/applied"

    /// Operations, newest first.
    /// - Parameter limit: how many at most.
    public func operations(limit: Int = .max) throws(StoreError) -> [(id: ObjectID, operation: Operation)] {
        var result: [(id: ObjectID, operation: Operation)] = []
        let cut = try forgottenParents()
        var next = try loosely(Self.operationsRef)
        while let id = next, result.count < limit, !cut.contains(id) {
            let (operation, previous) = try readOperation(id)
            result.append((id, operation))
            next = previous
        }
        return result
    }

    /// One operation by its commit's id.
    public func operation(_ id: ObjectID) throws(StoreError) -> Operation { try readOperation(id).operation }

    /// The operation before this one; nil for the first, and for the first that was not expired.
    public func operation(before id: ObjectID) throws(StoreError) -> ObjectID? {
        let previous = try readOperation(id).previous
        return try previous.flatMap { (id) throws(StoreError) in try forgottenParents().contains(id) ? nil : id }
    }

    private func readOperation(_ id: ObjectID) throws(StoreError) -> (operation: Operation, previous: ObjectID?) {
        let commit = try commit(id)
        guard let entry = try tree(commit.tree).first(where: { $0.name == "operation" }) else {
            throw StoreError("read operation", id.hex, .corrupt("its tree has no 'operation'"))
        }
        // The text says which operation went before: the first one's first parent is none.
        let (operation, previous) = try Operation.decode(try read(entry.id, as: .blob), id: id)
        guard previous == nil || previous == commit.parents.first else {
            throw StoreError("read operation", id.hex, .corrupt("its first parent is not the operation before it"))
        }
        return (operation, previous)
    }

    /// Makes one step of the whole repository, atomically and durably.
    ///
    /// An operation that was interrupted before is completed first. After the operation's record is durable it
    /// happens, whatever is killed: what is missing is made up by the next `perform` or by ``recover(apply:)``.
    /// - Parameters:
    ///   - writer: with the objects that the operation is about, not finished; it is finished here.
    ///   - apply: moves the containers' bases. Called under the repository's lock, also for what an interrupted
    ///     process left, perhaps more than once: it must do nothing for a base that is not at `old`, or whose
    ///     working tree does not have the number `upper`.
    /// - Returns: the id of the operation.
    /// - Throws: `moved` where a ref is not at its `old`, or any other error: then nothing has happened. `unfinished`
    ///   where the operation is recorded and the rest is left to the next.
    @discardableResult
    public func perform(
        _ operation: Operation, writer: ObjectWriter? = nil, apply: ([BaseMove]) throws -> Void = { _ in }
    ) throws -> ObjectID {
        // From before the last look at what the operation is about until a ref keeps it.
        let hold = try holdOffCollection()
        defer { withExtendedLifetime(hold) {} }
        var writer = writer
        if let large = writer, large.isLarge {
            // Nobody has to wait while gigabytes are flushed. What is refused here leaves no garbage; what is refused
            // only under the lock leaves objects that nothing refers to.
            try recover(apply: apply)
            try OperationCheck(operation, store: self, writer: large).run()
            try large.publish()
            writer = nil
        }
        let (id, failure) = try performLocked(operation, writer: try writer ?? self.writer(), apply: apply)
        consolidateAfterWrite()
        if let failure { maintenanceFailure = failure }
        return id
    }

    /// - Returns: the id of the operation, and what went wrong after it was complete.
    private func performLocked(
        _ operation: Operation, writer: ObjectWriter, apply: ([BaseMove]) throws -> Void
    ) throws -> (ObjectID, StoreError?) {
        let lock = try RepositoryLock(root: root)
        defer { lock.keep() }
        try recoverLocked(apply: apply)
        try OperationCheck(operation, store: self, writer: writer).run()
        let id = try record(operation, after: try loosely(Self.operationsRef), in: writer)
        try writer.publish()
        do {
            try RefFile.write(Self.operationsRef, id, gitDirectory: gitDirectory)
            try checkpoint?(.operationRecorded)
            try carryOut(operation, apply: apply)
        } catch {
            // It may stand there even where writing failed, by the last flush.
            guard try loosely(Self.operationsRef) == id else { throw error }
            throw StoreError("carry out operation", id.short, .unfinished("\(error)"))
        }
        return (id, settle(id))
    }

    /// Whether an operation was interrupted: then ``recover(apply:)`` is due. Two small reads.
    public func needsRecovery() throws(StoreError) -> Bool {
        try loosely(Self.operationsRef) != loosely(Self.appliedRef)
    }

    /// Completes what was interrupted. `apply` is as in ``perform(_:writer:apply:)``.
    public func recover(apply: ([BaseMove]) throws -> Void) throws {
        guard try needsRecovery() else { return }
        let lock = try RepositoryLock(root: root)
        defer { lock.keep() }
        try recoverLocked(apply: apply)
    }

    private func recoverLocked(apply: ([BaseMove]) throws -> Void) throws {
        guard let newest = try loosely(Self.operationsRef) else { return }
        let applied = try loosely(Self.appliedRef)
        if newest == applied { return }
        // What is forgotten was carried out before.
        let cut = try forgottenParents()
        // Oldest first: a later one starts from what an earlier one left.
        var waiting: [Operation] = []
        var next: ObjectID? = newest
        while let id = next, id != applied, !cut.contains(id) {
            let (operation, previous) = try readOperation(id)
            waiting.append(operation)
            next = previous
        }
        if let applied, next == nil {
            throw StoreError("recover", applied.hex, .corrupt("it is not in the operation log"))
        }
        for operation in waiting.reversed() { try carryOut(operation, apply: apply) }
        if let failure = settle(newest) { maintenanceFailure = failure }
    }

    /// Moves each ref that is still where the operation found it.
    private func carryOut(_ operation: Operation, apply: ([BaseMove]) throws -> Void) throws {
        let repository = try repository()
        // Deletions first: a new ref may stand where a directory or a ref above it was.
        let moves = operation.moves.filter { $0.new == nil } + operation.moves.filter { $0.new != nil }
        for move in moves where move.old != move.new {
            guard try repository.ref(move.ref) == move.old else { continue }
            try repository.perform(move, by: operation.author, message: operation.description)
            try checkpoint?(.refMoved)
        }
        try checkpoint?(.refsMoved)
        if !operation.bases.isEmpty { try apply(operation.bases) }
        try checkpoint?(.basesMoved)
    }

    /// - Returns: why it failed. That is no failure of the operation, which is complete: the next look at the
    ///   repository goes over it again, and finds it so.
    private func settle(_ id: ObjectID) -> StoreError? {
        do throws(StoreError) {
            try RefFile.overwrite(Self.appliedRef, id, gitDirectory: gitDirectory)
            try checkpoint?(.applied)
            return nil
        } catch { return error }
    }

    private func record(
        _ operation: Operation, after previous: ObjectID?, in writer: ObjectWriter
    ) throws(StoreError) -> ObjectID {
        let blob = try writer.add(.blob, operation.encoded(after: previous))
        let entry = TreeEntry(mode: .file, name: "operation", id: blob)
        let tree = try writer.add(.tree, try Tree.encode([entry]))
        // An old commit that is lost must not make the log unsound, nor keep its tag from being deleted.
        var parents = previous.map { [$0] } ?? []
        for id in operation.mentioned where id != previous {
            if try writer.holdsCommit(id) { parents.append(id) }
        }
        let commit = Commit(
            tree: tree, parents: parents, author: operation.author,
            committer: operation.author, message: Array("\(operation.description)\n".utf8))
        return try writer.add(.commit, commit.encoded)
    }

    /// One of the log's own two refs.
    func loosely(_ name: String) throws(StoreError) -> ObjectID? {
        switch try RefFile.read(name, gitDirectory: gitDirectory) {
        case .id(let id): id
        // Someone ran `git pack-refs`, or there is none.
        case .absent:
            try RefFile.hasPackedRefs(gitDirectory: gitDirectory) ? try repository().ref(name) : nil
        }
    }
}
