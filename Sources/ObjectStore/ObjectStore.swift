import Glibc
import Linux
import Model

/// The objects, refs and operations of a repository (docs/storage.md).
///
/// Not for use by two threads at a time; any number of stores, in any processes, may be open on one repository.
public final class ObjectStore: ObjectSource {
    /// Bodies of more bytes than this are files of the pool. Part of the repository's format: it says where
    /// a body is looked for.
    public static let poolThreshold: UInt64 = 16384

    public let root: String
    let pool: Pool
    private var opened: GitRepository?
    private var isStale = false
    /// Shared by all writers of this store.
    weak var hold: CollectionHold?
    /// The last collection before libgit2 opened what it has open.
    var collection: [UInt8]?
    /// Why the last consolidation of packs failed, or the note that an operation is complete. The write that led to it
    /// was complete by then; what was not done stays as it is, and the next write tries again.
    public internal(set) var maintenanceFailure: StoreError?
    /// Called between the steps of what has to survive being killed; for tests.
    var checkpoint: ((Checkpoint) throws(StoreError) -> Void)?

    public init(opening root: String) throws(StoreError) {
        self.root = root
        pool = try Pool(at: "\(root)/pool")
    }

    /// The bare git repository: `git --git-dir=…`.
    public var gitDirectory: String { "\(root)/git" }

    // MARK: libgit2, opened when first needed

    func repository() throws(StoreError) -> GitRepository {
        if let opened { return opened }
        if hold == nil {
            collection = try attempt("open repository", root) { () throws(SystemError) in
                try CollectionFiles(root: root).number()
            }
        }
        let repository = try GitRepository(at: gitDirectory, pool: pool)
        opened = repository
        return repository
    }

    /// Packs have come that the open repository may not know.
    func packsChanged() { isStale = true }

    /// Packs have gone: what libgit2 still holds of them is given back at the next use.
    func packsConsolidated() { opened = nil }

    func openPackDirectory() throws(StoreError) -> Descriptor {
        let path = "\(gitDirectory)/objects/pack"
        return try attempt("open packs", path) { () throws(SystemError) in try Files.openDirectory(KernelPath(path)) }
    }

    // MARK: Reading

    public func contains(_ id: ObjectID) throws(StoreError) -> Bool {
        try repository().contains(id, refreshing: true)
    }

    public func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8] {
        guard let object = try repository().object(id) else {
            throw StoreError("read \(kind.word)", id.hex, .missing)
        }
        guard object.kind == kind else {
            throw StoreError("read \(kind.word)", id.hex, .corrupt("it is a \(object.kind.word)"))
        }
        return object.bytes
    }

    /// What the id names; nil where there is no such object.
    public func kind(of id: ObjectID) throws(StoreError) -> ObjectKind? { try repository().kind(id) }

    public func commit(_ id: ObjectID) throws(StoreError) -> Commit {
        try Commit(decoding: try read(id, as: .commit), id: id)
    }

    public func tree(_ id: ObjectID) throws(StoreError) -> [TreeEntry] {
        try Tree.decode(try read(id, as: .tree), id: id)
    }

    /// Whether the object is stored, without a search for new packs when it is not. A stored object of the
    /// same id and other content fails with `collision`; one that is damaged is as good as none.
    func holds(_ kind: ObjectKind, _ id: ObjectID, _ bytes: [UInt8]) throws(StoreError) -> Bool {
        let repository = try repository()
        if isStale {
            try repository.refresh()
            isStale = false
        }
        guard repository.contains(id, refreshing: false) else { return false }
        guard let stored = try repository.readable(id) else { return false }
        if stored.kind == kind, stored.bytes == bytes { return true }
        guard ObjectHash.id(of: stored.kind, stored.bytes) != id else {
            throw StoreError("add object", id.hex, .collision)
        }
        return false
    }

    // MARK: Writing

    public func writer() throws(StoreError) -> ObjectWriter { try ObjectWriter(to: self) }
}
