import Glibc
import Linux
import Model

/// Many small writes make many small packs, and a lookup asks each. When a size tier has 16 packs, they
/// become one; tiers are powers of 16 in bytes, so each object is copied once a tier.
extension ObjectStore {
    static let packsInTier = 16
    /// Packs from this many bytes on are left to gc.
    private static let largest: UInt64 = 256 << 20
    /// A pack of so many objects holds enough commits to be worth a new commit-graph.
    private static let objectsForCommitGraph = 1000

    /// A failure here is not one of the write that went before: it is kept for whoever wants to know.
    func consolidateAfterWrite() {
        do throws(StoreError) {
            try consolidatePacks()
            maintenanceFailure = nil
        } catch {
            maintenanceFailure = error
        }
    }

    /// Merges small packs where there are many; does nothing while another process is at it.
    public func consolidatePacks() throws(StoreError) {
        let directory = try openPackDirectory()
        guard try hasManyPacks(directory) else { return }
        guard flock(directory.raw, LOCK_EX | LOCK_NB) == 0 else {
            let error = Errno.last
            if error == .wouldBlock { return }
            throw StoreError("lock packs", "", .system(SystemError("lock", "", error)))
        }
        while let group = try fullTier(directory) {
            let merged = try merge(group, in: directory)
            if !merged { return }
        }
    }

    private func hasManyPacks(_ directory: borrowing Descriptor) throws(StoreError) -> Bool {
        try packNames(directory).count >= Self.packsInTier
    }

    /// The names, without suffix, of packs that are ours to merge: indexed, marked, not kept.
    private func packNames(_ directory: borrowing Descriptor) throws(StoreError) -> [String] {
        let names: [ByteName]
        do throws(SystemError) { names = try Files.names(in: directory) } catch {
            throw StoreError("list packs", "", .system(error))
        }
        let all = Set(names)
        return names.compactMap { name in
            guard let text = name.string, text.hasPrefix("pack-"), text.hasSuffix(".idx") else { return nil }
            let base = String(text.dropLast(4))
            guard all.contains(ByteName("\(base).pack")), all.contains(ByteName("\(base).promisor")),
                !all.contains(ByteName("\(base).keep"))
            else { return nil }
            return base
        }
    }

    /// The lowest tier with enough packs in it; sorted, so that the same packs make the same pack.
    private func fullTier(_ directory: borrowing Descriptor) throws(StoreError) -> [String]? {
        var tiers: [Int: [String]] = [:]
        let reference = directory.reference
        for name in try packNames(directory) {
            let status = try attempt("look at pack", name) { () throws(SystemError) in
                try Files.statusIfPresent(KernelPath("\(name).pack"), in: reference)
            }
            guard let size = status?.size, size < Self.largest else { continue }
            tiers[(UInt64.bitWidth - size.leadingZeroBitCount) / 4, default: []].append(name)
        }
        guard let tier = tiers.filter({ $0.value.count >= Self.packsInTier }).keys.min() else { return nil }
        return tiers[tier]?.sorted()
    }

    /// False where one of them is not ours to merge (it has deltas, or has gone).
    private func merge(_ names: [String], in directory: borrowing Descriptor) throws(StoreError) -> Bool {
        let builder = try PackBuilder(
            in: try attempt("open packs", "") { () throws(SystemError) in try directory.duplicate() })
        var merged: [String] = []
        do throws(StoreError) {
            for name in names where try PackCopy(name, in: directory).append(to: builder) { merged.append(name) }
            guard merged.count > 1 else {
                try builder.discard()
                return false
            }
            let sealed = try builder.seal()
            do throws(StoreError) {
                try sealed.flush(in: directory)
                try sealed.publish(in: directory)
            } catch {
                try sealed.discard(in: directory)
                throw error
            }
            try checkpoint?(.consolidatedPublished)
            for name in merged where name != sealed.name {
                try remove(name, in: directory)
                try checkpoint?(.consolidatedRemoved)
            }
        } catch {
            try builder.discard()
            throw error
        }
        packsConsolidated()
        if builder.count >= Self.objectsForCommitGraph { try writeCommitGraph() }
        return true
    }

    /// The index first: git does not look at a pack without one.
    func remove(_ name: String, in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        try attempt("remove pack", name) { () throws(SystemError) in
            for suffix in [".idx", ".pack", ".promisor", ".rev", ".bitmap"] {
                try Files.removeIfPresent(KernelPath(name + suffix), in: reference)
            }
        }
    }
}

/// Copies a pack's entries as they are.
private final class PackCopy {
    private let name: String
    private let index: PackIndex?
    private let pack: UnsafeRawBufferPointer

    init(_ name: String, in directory: borrowing Descriptor) throws(StoreError) {
        self.name = name
        index = try PackIndex("\(name).idx", in: directory)
        pack = try Self.map("\(name).pack", in: directory.reference)
    }

    /// Empty where there is no such file.
    private static func map(_ name: String, in reference: DirectoryReference) throws(StoreError)
        -> UnsafeRawBufferPointer
    {
        do throws(SystemError) { return try mapFile(KernelPath(name), in: reference) } catch {
            guard error.errno == .noEntry else { throw StoreError("read pack", name, .system(error)) }
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    deinit { unmap(pack) }

    /// False, with nothing appended, where the pack has gone or has deltas.
    func append(to builder: PackBuilder) throws(StoreError) -> Bool {
        guard let index, pack.count > 32 else { return false }
        var entries: [PackEntry] = []
        entries.reserveCapacity(index.count)
        for position in 0..<index.count {
            guard let offset = index.offset(position), offset < UInt64(pack.count - 20) else {
                throw StoreError("read pack", name, .corrupt("its index points outside"))
            }
            if ObjectKind(packType: pack[Int(offset)] >> 4 & 7) == nil { return false }
            entries.append(PackEntry(id: index.id(position), crc: index.crc(position), offset: offset))
        }
        entries.sort { $0.offset < $1.offset }
        for (position, entry) in entries.enumerated() {
            if builder.contains(entry.id) { continue }
            let end = position + 1 < entries.count ? Int(entries[position + 1].offset) : pack.count - 20
            let bytes = UnsafeRawBufferPointer(rebasing: pack[Int(entry.offset)..<end])
            guard crc(bytes) == entry.crc else {
                throw StoreError("read pack", name, .corrupt("object \(entry.id.hex) fails its check sum"))
            }
            try builder.append(packed: bytes, id: entry.id, crc: entry.crc)
        }
        return true
    }
}
