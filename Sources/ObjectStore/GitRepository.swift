import CGit2
import CGit2NoNetwork
import Model

/// Owns libgit2's handles of one repository, whose object database sees the pool too.
final class GitRepository {
    let handle: OpaquePointer
    let objects: OpaquePointer
    let path: String

    // libgit2's own start is counted and thread-safe; once is enough, and it never ends.
    private static let startCode: Int32 = varve_git2_start()

    /// Every call of libgit2 comes after this.
    static func start() throws(StoreError) {
        guard startCode >= 0 else { throw StoreError("start libgit2", "", .git(code: startCode, message: "")) }
    }

    init(at path: String, pool: Pool) throws(StoreError) {
        try Self.start()
        var handle: OpaquePointer?
        try git("open repository", path) { git_repository_open_bare(&handle, path) }
        guard let handle else { throw StoreError("open repository", path, .missing) }
        self.handle = handle
        self.path = path
        var objects: OpaquePointer?
        do throws(StoreError) {
            try git("open objects", path) { git_repository_odb(&objects, handle) }
        } catch {
            git_repository_free(handle)
            throw error
        }
        guard let objects else {
            git_repository_free(handle)
            throw StoreError("open objects", path, .missing)
        }
        self.objects = objects
        // Asked last: packs answer without a system call.
        try git("add pool", path) { PoolBackend.install(pool, in: objects, priority: 0) }
    }

    deinit {
        git_odb_free(objects)
        git_repository_free(handle)
    }

    static func create(at path: String) throws(StoreError) {
        try start()
        var handle: OpaquePointer?
        var options = git_repository_init_options()
        git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
        options.flags =
            GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_NO_REINIT.rawValue
            | GIT_REPOSITORY_INIT_MKDIR.rawValue
        try git("create repository", path) { git_repository_init_ext(&handle, path, &options) }
        git_repository_free(handle)
    }

    // MARK: Objects

    func object(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? {
        do throws(StoreError) { return try whateverCopy(id) } catch {
            // libgit2 takes one copy, and gives up where that is damaged.
            guard case .git = error.cause, let sound = try soundCopy(id) else { throw error }
            return sound
        }
    }

    private func whateverCopy(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? {
        var object: OpaquePointer?
        var oid = git_oid(id)
        do throws(StoreError) {
            try git("read object", id.hex) { git_odb_read(&object, objects, &oid) }
        } catch {
            if error.cause == .missing { return nil }
            throw error
        }
        defer { git_odb_object_free(object) }
        guard let kind = ObjectKind(git_odb_object_type(object)) else {
            throw StoreError("read object", id.hex, .corrupt("it is of a kind that varve does not use"))
        }
        return (
            kind, Array(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
        )
    }

    /// Nil also where it is damaged.
    func readable(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? {
        do throws(StoreError) { return try object(id) } catch {
            switch error.cause {
            case .git, .corrupt: return nil
            default: throw error
            }
        }
    }

    func kind(_ id: ObjectID) throws(StoreError) -> ObjectKind? {
        var size = 0
        var type = GIT_OBJECT_INVALID
        var oid = git_oid(id)
        do throws(StoreError) {
            try git("look at object", id.hex) { git_odb_read_header(&size, &type, objects, &oid) }
        } catch {
            if error.cause == .missing { return nil }
            throw error
        }
        return ObjectKind(type)
    }

    /// - Parameter refreshing: whether to look for new packs where the object is not found.
    func contains(_ id: ObjectID, refreshing: Bool) -> Bool {
        var oid = git_oid(id)
        return git_odb_exists_ext(objects, &oid, refreshing ? 0 : UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) == 1
    }

    func refresh() throws(StoreError) {
        try git("look for packs", "") { git_odb_refresh(objects) }
    }
}

extension ObjectKind {
    init?(_ type: git_object_t) {
        switch type {
        case GIT_OBJECT_COMMIT: self = .commit
        case GIT_OBJECT_TREE: self = .tree
        case GIT_OBJECT_BLOB: self = .blob
        default: return nil
        }
    }
}

extension git_oid {
    init(_ id: ObjectID) {
        self.init()
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: id.bytes) }
    }
}

extension ObjectID {
    init(_ oid: UnsafePointer<git_oid>) { self.init(loading: oid) }
}
