import CGit2
import Model

/// One movement of a ref, from its reflog.
public struct ReflogEntry: Hashable, Sendable {
    /// Nil where the ref did not exist before.
    public let old: ObjectID?
    /// Nil where the ref was deleted.
    public let new: ObjectID?
    /// Who moved it, and when.
    public let author: Signature
    /// One line.
    public let message: [UInt8]

    public init(old: ObjectID?, new: ObjectID?, author: Signature, message: [UInt8]) {
        self.old = old
        self.new = new
        self.author = author
        self.message = message
    }
}

extension ObjectStore {
    /// What a ref points at; nil where it does not exist.
    /// - Parameter name: the full name, such as `refs/heads/debian/@12`.
    public func ref(_ name: String) throws(StoreError) -> ObjectID? {
        try repository().ref(name)
    }

    /// All refs whose names begin with `prefix`, sorted by name bytes.
    public func refs(prefix: String) throws(StoreError) -> [(name: String, id: ObjectID)] {
        let repository = try repository()
        var iterator: UnsafeMutablePointer<git_reference_iterator>?
        // A ref's name has no character that a pattern gives a meaning to. With a pattern libgit2 reads only the
        // directory that it begins with.
        try git("list refs", prefix) { git_reference_iterator_glob_new(&iterator, repository.handle, "\(prefix)*") }
        defer { git_reference_iterator_free(iterator) }
        var result: [(name: String, id: ObjectID)] = []
        while true {
            var reference: OpaquePointer?
            let isOver = try git("list refs", prefix) {
                let code = git_reference_next(&reference, iterator)
                return code == GIT_ITEROVER.rawValue ? 1 : code
            }
            if isOver == 1 { break }
            defer { git_reference_free(reference) }
            guard let text = git_reference_name(reference), let id = git_reference_target(reference) else { continue }
            let name = String(cString: text)
            if name.hasPrefix(prefix) { result.append((name, ObjectID(id))) }
        }
        return result.sorted { ByteName($0.name) < ByteName($1.name) }
    }

    /// The movements of a ref, newest first. A ref that was deleted has lost its reflog, as in git: its
    /// movements are then told from the operation log. None where there never was such a ref.
    public func reflog(_ name: String) throws(StoreError) -> [ReflogEntry] {
        let entries = try movements(of: name)
        if entries.isEmpty { return try recordedMoves(of: name) }
        return entries.enumerated().filter { index, entry in
            // A process killed between writing the reflog and moving the ref leaves an entry that recovery
            // writes again; a ref can't really go the same way twice in a row.
            index + 1 == entries.count || entry.old == entry.new || entry.old != entries[index + 1].old
                || entry.new != entries[index + 1].new
        }.map(\.element)
    }

    /// A ref's reflog as it is, newest first.
    func movements(of name: String) throws(StoreError) -> [ReflogEntry] {
        try ReflogFile.read(name, gitDirectory: gitDirectory).reversed()
    }

    private func recordedMoves(of name: String) throws(StoreError) -> [ReflogEntry] {
        var result: [ReflogEntry] = []
        for (_, operation) in try operations() {
            for move in operation.moves where move.ref == name {
                result.append(
                    ReflogEntry(
                        old: move.old, new: move.new, author: operation.author,
                        message: Array(operation.description.utf8)))
            }
        }
        return result
    }
}
