import CGit2
import Glibc
import Linux
import Model

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
    ///
    /// The caller holds the repository's lock, so a lock on the ref is a plain git's, which is short, or was left
    /// by a killed process: it is waited for, and removed when it is two seconds old.
    func perform(_ move: RefMove, by author: Signature, message: String) throws(StoreError) {
        while true {
            do throws(StoreError) {
                return try tryOnce(move, by: author, message: message)
            } catch {
                guard case .git(GIT_ELOCKED.rawValue, _) = error.cause else { throw error }
                var isRemoved = false
                for path in ["\(path)/\(move.ref).lock", "\(path)/packed-refs.lock"] {
                    if try StaleLock(path: path).removeIfStale() { isRemoved = true }
                }
                if !isRemoved { usleep(20_000) }
            }
        }
    }

    private func tryOnce(_ move: RefMove, by author: Signature, message: String) throws(StoreError) {
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
            let above = try missingDirectories(above: name)
            try git("make ref", name) { git_reference_create(&reference, handle, name, &target, 0, message) }
            // libgit2 flushes the ref's own directory, not those that new directories stand in.
            try attempt("flush", name) { () throws(SystemError) in
                for directory in above { try Files.synchronize(KernelPath(directory), in: .current) }
            }
        }
        git_reference_free(reference)
    }

    /// The directories in which a directory has to be made before the ref can be.
    private func missingDirectories(above name: String) throws(StoreError) -> [String] {
        let slashes = name.indices.filter { name[$0] == "/" }
        return try attempt("look at refs", name) { () throws(SystemError) in
            var result: [String] = []
            for (slash, parent) in zip(slashes.dropFirst(), slashes)
            where try !Files.exists(KernelPath("\(path)/\(name[..<slash])")) {
                result.append("\(path)/\(name[..<parent])")
            }
            return result
        }
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
