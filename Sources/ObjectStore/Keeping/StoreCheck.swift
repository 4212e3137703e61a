import Glibc
import Linux
import Model
import Synchronization

/// Something that is damaged, and how.
public struct Damage: Sendable, Hashable {
    /// `pack-…`, `object …`, `commit-graph`.
    public var subject: String
    public var reason: String

    public init(_ subject: String, _ reason: String) {
        self.subject = subject
        self.reason = reason
    }
}

/// Reads all that is stored and compares it with its ids and checksums. Nothing is taken from what was read before.
public final class StoreCheck {
    private let store: ObjectStore
    /// Packs, indexes and other files of git's.
    public private(set) var damagedFiles: [Damage] = []
    /// Objects in packs that are sound.
    public private(set) var objects: [ObjectID: (kind: ObjectKind, size: UInt64)] = [:]
    /// Why an object in a pack, or a body in the pool, is not what its id says.
    public private(set) var damaged: [ObjectID: String] = [:]
    public private(set) var bodies: Set<ObjectID> = []
    /// Bytes of packs and bodies that were read.
    public private(set) var bytes: UInt64 = 0

    public init(_ store: ObjectStore) { self.store = store }

    // MARK: Packs

    /// - Parameter progress: how many objects of how many are done.
    public func checkObjects(progress: (Int, Int) -> Void = { _, _ in }) throws(StoreError) {
        let directory = try store.openPackDirectory()
        var ids: [ObjectID] = []
        var pending = try packNames(directory)
        var done = Set(pending)
        while let name = pending.popLast() {
            do throws(StoreError) {
                let pack = try PackCheck(name, in: directory)
                bytes += pack.size
                if let reason = pack.reason { damagedFiles.append(Damage(name, reason)) }
                ids += pack.entries
                for (id, reason) in pack.damaged { damaged[id] = reason }
            } catch {
                if try isThere(name, in: directory) {
                    damagedFiles.append(Damage(name, "\(error.cause)"))
                } else {
                    // A writer has put it together with others meanwhile.
                    pending += try packNames(directory).filter { done.insert($0).inserted }
                }
            }
        }
        damagedFiles.sort { $0.subject < $1.subject }
        for (number, id) in ids.enumerated() where objects[id] == nil {
            try attempt("check objects", "") { () throws(SystemError) in try Interrupts.check() }
            if number % 1000 == 0 { progress(number, ids.count) }
            try check(id)
        }
        try checkCommitGraph()
    }

    private func packNames(_ directory: borrowing Descriptor) throws(StoreError) -> [String] {
        let names: [ByteName]
        do throws(SystemError) { names = try Files.names(in: directory) } catch {
            throw StoreError("list packs", "", .system(error))
        }
        // An index says that there was a pack.
        return names.compactMap(\.string).filter { $0.hasPrefix("pack-") && $0.hasSuffix(".idx") }
            .map { String($0.dropLast(4)) }.sorted()
    }

    /// The index goes first.
    private func isThere(_ name: String, in directory: borrowing Descriptor) throws(StoreError) -> Bool {
        let reference = directory.reference
        return try attempt("look at pack", name) { () throws(SystemError) in
            try Files.statusIfPresent(KernelPath("\(name).idx"), in: reference) != nil
        }
    }

    /// What an id names, where that is sound; also where it has come since ``checkObjects(progress:)``.
    public func object(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, size: UInt64)? {
        if objects[id] == nil, damaged[id] == nil, try store.contains(id) { try check(id) }
        return objects[id]
    }

    /// Whether the pool has a body, damaged or not; also where it has come since ``checkBodies(progress:)``.
    public func hasBody(_ id: ObjectID) throws(StoreError) -> Bool {
        if bodies.contains(id) { return true }
        guard try store.pool.status(id) != nil else { return false }
        bodies.insert(id)
        let (size, reason) = Self.check(id, in: store.pool)
        bytes += size
        if let reason { damaged[id] = reason }
        return true
    }

    private func check(_ id: ObjectID) throws(StoreError) {
        do throws(StoreError) {
            guard let object = try store.repository().object(id) else {
                damaged[id] = damaged[id] ?? "it can't be read"
                return
            }
            let actual = ObjectHash.id(of: object.kind, object.bytes)
            if actual != id {
                damaged[id] = "its content hashes to \(actual.hex)"
            } else {
                objects[id] = (object.kind, UInt64(object.bytes.count))
                // Sound somewhere else.
                damaged[id] = nil
            }
        } catch { damaged[id] = "\(error.cause)" }
    }

    private func checkCommitGraph() throws(StoreError) {
        let path = "\(store.gitDirectory)/objects/info/commit-graph"
        let bytes = try attempt("read", path) { () throws(SystemError) in
            try Files.contentsIfPresent(path, limit: 1 << 30)
        }
        guard let bytes else { return }
        if bytes.count < 28 || checksum(Array(bytes.dropLast(20))) != Array(bytes.suffix(20)) {
            damagedFiles.append(Damage("commit-graph", "it fails its checksum"))
        }
    }

    // MARK: Bodies

    /// - Parameter progress: how many bytes are done.
    public func checkBodies(progress: (UInt64) -> Void = { _ in }) throws(StoreError) {
        let pool = store.pool
        let ids = try pool.ids(prefix: "").sorted()
        bodies = Set(ids)
        let state = Mutex<(bytes: UInt64, damaged: [ObjectID: String])>((0, [:]))
        inParallel(ids.count) { number in
            let id = ids[number]
            let (size, reason) = Self.check(id, in: pool)
            state.withLock { state in
                state.bytes += size
                if let reason { state.damaged[id] = reason }
                progress(state.bytes)
            }
        }
        try attempt("check bodies", "") { () throws(SystemError) in try Interrupts.check() }
        let found = state.withLock { $0 }
        bytes += found.bytes
        damaged.merge(found.damaged) { _, reason in reason }
    }

    private static func check(_ id: ObjectID, in pool: Pool) -> (size: UInt64, reason: String?) {
        do throws(StoreError) {
            guard let file = try pool.open(id) else { return (0, "it went away while it was checked") }
            let actual = try BodyFile.id(of: file)
            let size = try attempt("read body", id.hex) { () throws(SystemError) in try file.status().size }
            return (size, actual == id ? nil : "its content hashes to \(actual.hex)")
        } catch { return (0, "\(error.cause)") }
    }
}

extension ObjectStore {
    /// Removes the commit-graph, which git and varve do without, and make again.
    public func removeCommitGraph() throws(StoreError) {
        try attempt("remove", "commit-graph") { () throws(SystemError) in
            try Files.removeIfPresent(KernelPath("\(gitDirectory)/objects/info/commit-graph"), in: .current)
        }
    }
}

/// One pack and its index.
private struct PackCheck {
    let size: UInt64
    /// What is wrong with the files as such; nil where nothing is.
    let reason: String?
    /// In the order of the pack.
    let entries: [ObjectID]
    /// Those whose packed bytes are not what the index says.
    let damaged: [(ObjectID, String)]

    /// - Throws: where nothing can be told of what is in it.
    init(_ name: String, in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        let (pack, index) = try attempt("read pack", name) { () throws(SystemError) in
            (
                try mapFile(KernelPath("\(name).pack"), in: reference),
                try mapFile(KernelPath("\(name).idx"), in: reference)
            )
        }
        defer {
            unmap(pack)
            unmap(index)
        }
        size = UInt64(pack.count + index.count)
        guard pack.count > 32, index.count > 40 else {
            throw StoreError("read pack", name, .corrupt("it is cut off"))
        }
        let isSound = Self.sum(of: pack).elementsEqual(pack.suffix(20))
        var reasons = isSound ? [] : ["the pack fails its checksum"]
        if !Self.sum(of: index).elementsEqual(index.suffix(20)) { reasons.append("the index fails its checksum") }
        if !index.dropLast(20).suffix(20).elementsEqual(pack.suffix(20)) {
            reasons.append("the index is another pack's")
        }
        reason = reasons.isEmpty ? nil : reasons.joined(separator: "; ")
        let layout: PackLayout
        do throws(StoreError) { layout = try PackLayout(name, in: directory) } catch {
            throw StoreError("read pack", name, .corrupt((reasons + ["\(error.cause)"]).joined(separator: "; ")))
        }
        guard layout.size == pack.count else {
            throw StoreError("read pack", name, .changed("its size"))
        }
        entries = layout.entries.map(\.id)
        damaged =
            isSound
            ? []
            : layout.entries.filter {
                crc(UnsafeRawBufferPointer(rebasing: pack[Int($0.range.lowerBound)..<Int($0.range.upperBound)]))
                    != $0.crc
            }.map { ($0.id, "its bytes in \(name) fail their checksum") }
    }

    /// What the last 20 bytes should be.
    private static func sum(of file: UnsafeRawBufferPointer) -> [UInt8] {
        var sum = StreamChecksum()
        sum.update(UnsafeRawBufferPointer(rebasing: file.dropLast(20)))
        return sum.finish()
    }
}
