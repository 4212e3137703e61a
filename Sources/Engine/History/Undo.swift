import Linux
import Model
import ObjectStore

/// One step of the repository, as `op log` tells it.
public struct LoggedOperation: Sendable {
    public let id: ObjectID
    public let operation: Operation
}

extension Repository {
    /// What was done, the newest first.
    public func operationLog(limit: Int = .max) throws -> [LoggedOperation] {
        try store().operations(limit: limit).map { LoggedOperation(id: $0.id, operation: $0.operation) }
    }

    /// One operation by its id or a unique prefix of it.
    public func operation(_ prefix: String) throws -> LoggedOperation {
        let matches = try operationLog().filter { $0.id.hex.hasPrefix(prefix) }
        guard let match = matches.first else {
            throw EngineError.unknownOperation(prefix)
        }
        guard matches.count == 1 else { throw EngineError.ambiguousRevision(prefix, candidates: matches.map(\.id)) }
        return match
    }

    /// Takes back the last operation that has not been taken back.
    /// - Returns: that operation.
    public func undo(by author: Signature) throws -> LoggedOperation {
        var skipped: Set<ObjectID> = []
        for logged in try operationLog() {
            if let undone = logged.operation.undoes {
                skipped.insert(undone)
            } else if !skipped.contains(logged.id) {
                try invert([logged], as: "undo \(logged.operation.description)", undoes: logged.id, by: author)
                return logged
            }
        }
        throw EngineError.nothingToUndo
    }

    /// Makes all tags and containers' bases what they were right after an operation.
    public func restore(to target: ObjectID, by author: Signature) throws {
        let later = try operationLog().prefix { $0.id != target }
        guard !later.isEmpty else { return }
        try invert(Array(later), as: "restore to \(target.short)", undoes: nil, by: author)
    }

    /// - Parameter operations: the newest first.
    private func invert(
        _ operations: [LoggedOperation], as description: String, undoes: ObjectID?, by author: Signature
    ) throws {
        try requireRecovered()
        let writer = try store().writer()
        var moves: [String: RefMove] = [:]
        var bases: [String: BaseMove] = [:]
        for operation in operations.map(\.operation) {
            for move in operation.moves {
                // Where the tag is now, which may be nowhere.
                let current = if let later = moves[move.ref] { later.old } else { move.new }
                moves[move.ref] = RefMove(ref: move.ref, old: current, new: move.old)
            }
            for base in operation.bases {
                bases[base.container] = (bases[base.container] ?? .unchanged(base)).followed(by: base.inverse)
            }
        }
        var locks: [HeldLock] = []
        var kept: [BaseMove] = []
        for base in bases.values.sorted(by: { $0.container < $1.container }) {
            if let base = try prepare(base, holding: &locks, writer: writer, by: author) { kept.append(base) }
        }
        defer { withExtendedLifetime(locks) {} }
        try move(
            description, moves.values.sorted { $0.ref < $1.ref }.filter { $0.old != $0.new }, bases: kept,
            writer: writer, undoes: undoes, by: author)
    }

    /// Makes a container ready for a move of its base: what is not committed is kept, and nothing runs in it where its files
    /// change.
    /// - Returns: nil where the container was removed since, so that there is nothing to take back.
    private func prepare(
        _ base: BaseMove, holding locks: inout [HeldLock], writer: ObjectWriter, by author: Signature
    ) throws -> BaseMove? {
        guard let container = try container(id: base.container) else { return nil }
        if base.newContent != nil {
            let running = try claimRunning(container)
            // While the lock is held the state counts for true.
            try settle(container, holding: running)
            locks.append(HeldLock(running))
            // One that was to be removed at its end is gone now.
            guard try stateIfPresent(of: container) != nil else { return nil }
        }
        locks.append(HeldLock(try lock(container)))
        let state = try state(of: container)
        guard state.base == base.old else {
            throw EngineError.refused(
                "undo", subject: container.name, reason: "its base has moved meanwhile; try again")
        }
        var base = base
        base.upper = state.upper
        if base.newContent != nil {
            try endLeftovers(of: container)
            base.oldContent = try save(container, state, to: writer, by: author) ?? state.base
        }
        return base
    }
}

/// A lock that can stand in a list.
private final class HeldLock {
    private let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
}

extension BaseMove {
    fileprivate static func unchanged(_ move: BaseMove) -> BaseMove {
        BaseMove(container: move.container, old: move.new, new: move.new, upper: move.upper)
    }

    /// Its `upper` is still to be set: the container's number went on.
    fileprivate var inverse: BaseMove {
        BaseMove(
            container: container, old: new, new: old, upper: upper, oldContent: newContent, newContent: oldContent)
    }

    /// One move in place of two, this one first.
    fileprivate func followed(by next: BaseMove) -> BaseMove {
        BaseMove(
            container: container, old: old, new: next.new, upper: upper,
            oldContent: oldContent ?? next.oldContent, newContent: next.newContent ?? newContent)
    }
}
