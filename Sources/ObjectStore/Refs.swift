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
        try git("list refs", prefix) { git_reference_iterator_new(&iterator, repository.handle) }
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
        let repository = try repository()
        var log: OpaquePointer?
        try git("read reflog", name) { git_reflog_read(&log, repository.handle, name) }
        defer { git_reflog_free(log) }
        let count = git_reflog_entrycount(log)
        if count == 0 { return try recordedMoves(of: name) }
        return (0..<count).compactMap { git_reflog_entry_byindex(log, $0) }.map { ReflogEntry($0) }
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

extension ReflogEntry {
    fileprivate init(_ entry: OpaquePointer) {
        func id(_ oid: UnsafePointer<git_oid>?) -> ObjectID? {
            guard let oid, git_oid_is_zero(oid) == 0 else { return nil }
            return ObjectID(oid)
        }
        func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] { text.map { Array(String(cString: $0).utf8) } ?? [] }
        let who = git_reflog_entry_committer(entry)?.pointee
        self.init(
            old: id(git_reflog_entry_id_old(entry)), new: id(git_reflog_entry_id_new(entry)),
            author: Signature(
                name: ByteName(bytes(who?.name)), email: ByteName(bytes(who?.email)),
                seconds: who?.when.time ?? 0, zone: Int(who?.when.offset ?? 0)),
            message: bytes(git_reflog_entry_message(entry)))
    }
}

extension GitRepository {
    func ref(_ name: String) throws(StoreError) -> ObjectID? {
        var oid = git_oid()
        do throws(StoreError) {
            try git("read ref", name) { git_reference_name_to_id(&oid, handle, name) }
        } catch {
            if error.cause == .missing { return nil }
            throw error
        }
        return withUnsafePointer(to: &oid) { ObjectID($0) }
    }

    /// Moves, makes or deletes a ref that must be at `move.old`; durable when it returns.
    func perform(_ move: RefMove, by author: Signature, message: String) throws(StoreError) {
        do throws(StoreError) {
            if let new = move.new {
                try set(move.ref, from: move.old, to: new, by: author, message: message)
            } else if let old = move.old {
                try delete(move.ref, at: old)
            }
        } catch {
            let refusals = [GIT_EMODIFIED.rawValue, GIT_EEXISTS.rawValue]
            if case .git(let code, _) = error.cause, refusals.contains(code) {
                let actual = try ref(move.ref)
                if actual != move.old {
                    throw StoreError("move ref", move.ref, .moved(expected: move.old, actual: actual))
                }
            }
            throw error
        }
    }

    private func set(
        _ name: String, from old: ObjectID?, to new: ObjectID, by author: Signature, message: String
    ) throws(StoreError) {
        // The reflog's author is the repository's identity; libgit2 refuses an empty one.
        let who = author.name.bytes.contains { $0 > 32 } ? author.name.bytes : Array("varve".utf8)
        let email = author.email.bytes.contains { $0 > 32 } ? author.email.bytes : Array("varve".utf8)
        try git("move ref", name) {
            git_repository_set_ident(
                handle, String(decoding: who, as: UTF8.self), String(decoding: email, as: UTF8.self))
        }
        var target = git_oid(new)
        var reference: OpaquePointer?
        if let old {
            var current = git_oid(old)
            try git("move ref", name) {
                git_reference_create_matching(&reference, handle, name, &target, 1, &current, message)
            }
        } else {
            try git("make ref", name) { git_reference_create(&reference, handle, name, &target, 0, message) }
        }
        git_reference_free(reference)
    }

    private func delete(_ name: String, at old: ObjectID) throws(StoreError) {
        var reference: OpaquePointer?
        try git("delete ref", name) { git_reference_lookup(&reference, handle, name) }
        defer { git_reference_free(reference) }
        guard let actual = git_reference_target(reference).map({ ObjectID($0) }), actual == old else {
            let actual = git_reference_target(reference).map { ObjectID($0) }
            throw StoreError("delete ref", name, .moved(expected: old, actual: actual))
        }
        try git("delete ref", name) { git_reference_delete(reference) }
    }
}
