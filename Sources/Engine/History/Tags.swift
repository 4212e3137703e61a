import Linux
import Model
import ObjectStore

/// A tag and the commit that it points at.
public struct TagPosition: Sendable {
    public let name: TagName
    public let commit: ObjectID
}

extension Repository {
    /// All tags, sorted by name.
    public func tags() throws -> [TagPosition] {
        try store().refs(prefix: TagName.refPrefix).compactMap { ref, id in
            TagName(ref: ref).map { TagPosition(name: $0, commit: id) }
        }
        .sorted { $0.name < $1.name }
    }

    /// Makes a new tag.
    public func createTag(_ name: TagName, at commit: ObjectID, by author: Signature) throws {
        guard try store().ref(name.ref) == nil else { throw EngineError.tagExists(name) }
        try move("tag \(name) \(commit.short)", [RefMove(ref: name.ref, old: nil, new: commit)], by: author)
    }

    /// Takes a tag away; its history stays in the operation log.
    /// - Returns: where it was.
    public func deleteTag(_ name: TagName, by author: Signature) throws -> ObjectID {
        let position = try tagPosition(name)
        try move("tag -d \(name)", [RefMove(ref: name.ref, old: position, new: nil)], by: author)
        return position
    }

    /// Gives a tag another name.
    public func renameTag(_ old: TagName, to new: TagName, by author: Signature) throws {
        let position = try tagPosition(old)
        guard try store().ref(new.ref) == nil else { throw EngineError.tagExists(new) }
        let moves = [RefMove(ref: old.ref, old: position, new: nil), RefMove(ref: new.ref, old: nil, new: position)]
        try move("tag -m \(old) \(new)", moves, by: author)
    }

    /// Where a tag points.
    public func tagPosition(_ name: TagName) throws -> ObjectID {
        guard let position = try store().ref(name.ref) else {
            throw EngineError.unknownTag(name, near: try nearNames(name.description))
        }
        return position
    }

    /// Moves refs, and containers' bases with them, as one operation that `undo` can take back.
    func move(
        _ description: String, _ moves: [RefMove], bases: [BaseMove] = [], writer: ObjectWriter? = nil,
        undoes: ObjectID? = nil, by author: Signature
    ) throws {
        // It is one line of the log; a file that is imported may have any name.
        let line = String(description.map { $0.isNewline || $0 == "\0" ? " " : $0 })
        let operation = Operation(
            author: author, description: line, moves: moves, bases: bases, undoes: undoes)
        do {
            let store = try store()
            try requireRecovered()
            // What is recorded happens, so nobody is told that it did not.
            try Interrupts.check()
            Interrupts.disregard()
            try store.perform(operation, writer: writer) { moves in try self.apply(moves) }
            for move in moves { recordMove(move) }
        } catch let error as StoreError {
            guard case .moved(let expected, let actual) = error.cause, let tag = TagName(ref: error.subject) else {
                throw error
            }
            throw EngineError.tagMoved(tag, expected: expected, actual: actual)
        }
    }

    /// Of what is no tag nobody is told.
    private func recordMove(_ move: RefMove) {
        guard let tag = TagName(ref: move.ref), let commit = move.new ?? move.old else { return }
        record(Event(.image, move.new == nil ? .untag : .tag, id: commit.hex, name: "\(tag)"))
    }
}
