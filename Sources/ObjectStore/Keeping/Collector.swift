import Glibc
import Linux
import Model

/// How many, and how many bytes.
public struct Amount: Sendable, Hashable {
    public var count = 0
    public var bytes: UInt64 = 0

    public init(count: Int = 0, bytes: UInt64 = 0) {
        self.count = count
        self.bytes = bytes
    }

    public mutating func add(_ bytes: UInt64) {
        count += 1
        self.bytes += bytes
    }
}

/// Removes the objects and bodies that nothing needs (docs/keeping.md). One at a time works on a repository.
///
/// What takes long, finding what is needed and packing it anew, is done beside writers. Then those are kept out, what
/// they have added is found too, and what is left over goes.
public final class Collector {
    private let store: ObjectStore
    private let reachable: Reachability
    /// Its lock keeps other collections, and consolidation, away.
    private let directory: Descriptor
    /// The packs that are to go, or that the one there is.
    private var old: [String] = []
    private var new: String?
    /// With what came too late for the new one. It may be one of the old ones: equal content has equal names.
    private var late: String?
    private var alone: Alone?

    /// The lock that keeps writers out.
    private final class Alone {
        let lock: FileLock
        init(_ lock: consuming FileLock) { self.lock = lock }
    }

    /// - Throws: `invalid` where another collection is at work.
    public init(_ store: ObjectStore, _ reachable: Reachability) throws(StoreError) {
        self.store = store
        self.reachable = reachable
        directory = try store.openPackDirectory()
        // Consolidation has it for moments only.
        for attempt in 1... {
            if flock(directory.raw, LOCK_EX | LOCK_NB) == 0 { break }
            let error = Errno.last
            guard error == .wouldBlock else {
                throw StoreError("lock packs", "", .system(SystemError("lock", "", error)))
            }
            if attempt == 100 { throw StoreError("collect garbage", store.root, .invalid("another gc is at it")) }
            usleep(50_000)
        }
        let packs = try PackListing(directory)
        old = packs.names.filter { !packs.kept.contains($0) }
    }

    /// What a ``sweep()`` now would take from packs, and from the pool.
    public func unreachable() throws(StoreError) -> (objects: Amount, bodies: Amount) {
        try store.unreachable(reachable, packs: old.filter { $0 != new }, in: directory)
    }

    /// Packs what is needed into one pack, with deltas; nothing where it is in one pack already, alone.
    /// - Parameter progress: how many objects of how many are done.
    public func repack(progress: @escaping (Int, Int) -> Void = { _, _ in }) throws(StoreError) {
        var needed: [(id: ObjectID, place: UInt32)] = []
        var seen: Set<ObjectID> = []
        var isClean = true
        let damaged = try damagedCopies()
        for name in old {
            for entry in try PackLayout(name, in: directory).entries where !damaged.contains(entry.id) {
                guard let place = reachable.place(of: entry.id) else {
                    isClean = false
                    continue
                }
                if seen.insert(entry.id).inserted { needed.append((entry.id, place)) }
            }
        }
        if isClean, old.count <= 1 {
            new = old.first
        } else if !needed.isEmpty {
            new = try Repacking(store).pack(needed, in: directory, progress: progress)
            store.packsChanged()
            try store.checkpoint?(.repacked)
        }
    }

    /// Objects of which there are several copies, and not all sound: libgit2 might take the wrong one. They stay for
    /// ``keepLatecomers()``.
    private func damagedCopies() throws(StoreError) -> Set<ObjectID> {
        var seen: Set<ObjectID> = []
        var twice: Set<ObjectID> = []
        for name in old {
            for entry in try PackLayout(name, in: directory).entries where !seen.insert(entry.id).inserted {
                twice.insert(entry.id)
            }
        }
        if twice.isEmpty { return [] }
        var result: Set<ObjectID> = []
        for name in old {
            for entry in try PackLayout(name, in: directory).entries where twice.contains(entry.id) {
                if try !PackFile(name, in: directory).isSound(entry) { result.insert(entry.id) }
            }
        }
        return result
    }

    /// Waits until no writer is at work, and keeps them out until this object goes.
    /// - Parameters:
    ///   - waits: whether for longer than a second.
    ///   - waiting: called where it takes longer than that.
    /// - Returns: false where there is one still.
    public func keepWritersOut(waits: Bool, waiting: () -> Void = {}) throws(StoreError) -> Bool {
        let files = CollectionFiles(root: store.root)
        let lock = try attempt("wait for writers", store.root) { () throws(SystemError) in
            try files.alone(waits: waits, waiting: waiting)
        }
        guard let lock else { return false }
        alone = Alone(lock)
        return true
    }

    /// Removes what nothing needs. To be called when writers are kept out and what they added is found.
    public func sweep() throws(StoreError) -> (objects: Amount, bodies: Amount) {
        guard alone != nil else { throw StoreError("collect garbage", "", .invalid("writers are not kept out")) }
        let freed = try unreachable()
        try attempt("collect garbage", store.root) { () throws(SystemError) in
            try CollectionFiles(root: store.root).count()
        }
        try keepLatecomers()
        try removePacks()
        try removeBodies()
        return freed
    }

    /// What a writer found in an old pack, and so did not write, after the new pack was begun.
    private func keepLatecomers() throws(StoreError) {
        var packed: Set<ObjectID> = []
        if let new { for entry in try PackLayout(new, in: directory).entries { packed.insert(entry.id) } }
        let writer = try PackBuilder(in: try store.openPackDirectory())
        do throws(StoreError) {
            for name in old where name != new {
                for entry in try PackLayout(name, in: directory).entries
                where reachable.contains(entry.id) && packed.insert(entry.id).inserted {
                    guard let object = try store.repository().object(entry.id) else {
                        throw StoreError("read object", entry.id.hex, .missing)
                    }
                    try writer.append(object.kind, id: entry.id, object.bytes)
                }
            }
            if writer.isEmpty { return }
            let sealed = try writer.seal()
            try sealed.flush(in: directory)
            try sealed.publish(in: directory)
            late = sealed.name
        } catch {
            do throws(StoreError) { try writer.discard() } catch {}
            throw error
        }
    }

    private func removePacks() throws(StoreError) {
        let gone = old.filter { $0 != new && $0 != late }
        if gone.isEmpty { return }
        let reference = directory.reference
        // They tell of packs and commits that are about to go.
        try attempt("remove", "commit-graph") { () throws(SystemError) in
            try Files.removeIfPresent("multi-pack-index", in: reference)
            try Files.removeIfPresent(KernelPath("\(store.gitDirectory)/objects/info/commit-graph"), in: .current)
        }
        for name in gone {
            try store.remove(name, in: directory)
            try store.checkpoint?(.packRemoved)
        }
        try attempt("flush packs", "") { () throws(SystemError) in try directory.synchronize() }
        store.packsConsolidated()
        // A cache: all goes on without it.
        do throws(StoreError) { try store.writeCommitGraph() } catch { store.maintenanceFailure = error }
    }

    private func removeBodies() throws(StoreError) {
        let pool = store.pool.directory.reference
        try store.forEachUnreachableBody(reachable) { (path, _) throws(StoreError) in
            try attempt("remove body", path) { () throws(SystemError) in
                try Files.removeIfPresent(KernelPath(path), in: pool)
            }
            try store.checkpoint?(.bodyRemoved)
        }
    }
}

extension ObjectStore {
    /// What nothing needs, whoever is writing meanwhile.
    public func unreachable(_ reachable: Reachability) throws(StoreError) -> (objects: Amount, bodies: Amount) {
        let directory = try openPackDirectory()
        let packs = try PackListing(directory)
        return try unreachable(reachable, packs: packs.names.filter { !packs.kept.contains($0) }, in: directory)
    }

    fileprivate func unreachable(
        _ reachable: Reachability, packs: [String], in directory: borrowing Descriptor
    ) throws(StoreError) -> (objects: Amount, bodies: Amount) {
        var (objects, bodies) = (Amount(), Amount())
        for name in packs {
            for entry in try PackLayout(name, in: directory).entries where !reachable.contains(entry.id) {
                objects.add(UInt64(entry.range.count))
            }
        }
        try forEachUnreachableBody(reachable) { _, status in bodies.add(status.blocks * 512) }
        return (objects, bodies)
    }

    fileprivate func forEachUnreachableBody(
        _ reachable: Reachability, _ body: (String, FileStatus) throws(StoreError) -> Void
    ) throws(StoreError) {
        for id in try pool.ids(prefix: "").sorted() where !reachable.contains(id) {
            if let status = try pool.status(id) { try body(Pool.path(of: id), status) }
        }
    }
}
