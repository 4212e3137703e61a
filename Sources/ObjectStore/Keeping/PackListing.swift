import Glibc
import Linux
import Model

/// The packs of a repository, whoever made them.
struct PackListing {
    /// Without suffix, sorted; those with an index only, since no other is looked at.
    let names: [String]
    /// Those of them that git was told to leave alone (`.keep`).
    let kept: Set<String>

    init(_ directory: borrowing Descriptor) throws(StoreError) {
        let found: [ByteName]
        do throws(SystemError) { found = try Files.names(in: directory) } catch {
            throw StoreError("list packs", "", .system(error))
        }
        let all = Set(found)
        names = found.compactMap(\.string).filter { $0.hasPrefix("pack-") && $0.hasSuffix(".idx") }
            .map { String($0.dropLast(4)) }.filter { all.contains(ByteName("\($0).pack")) }.sorted()
        kept = Set(names.filter { all.contains(ByteName("\($0).keep")) })
    }
}

/// Where the entries of a pack lie, in the order of the pack.
struct PackLayout {
    struct Entry {
        let id: ObjectID
        let crc: UInt32
        let range: Range<UInt64>
    }

    let entries: [Entry]
    /// Bytes of the pack.
    let size: UInt64

    /// - Throws: `corrupt` where the index points outside the pack.
    init(_ name: String, in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        guard let index = try PackIndex("\(name).idx", in: directory) else {
            throw StoreError("read pack", name, .missing)
        }
        let size = try attempt("look at pack", name) { () throws(SystemError) in
            try Files.status(KernelPath("\(name).pack"), in: reference).size
        }
        var places: [(offset: UInt64, position: Int)] = []
        places.reserveCapacity(index.count)
        for position in 0..<index.count {
            guard let offset = index.offset(position), offset >= 12, size > 32, offset < size - 20 else {
                throw StoreError("read pack", name, .corrupt("its index points outside"))
            }
            places.append((offset, position))
        }
        places.sort { $0.offset < $1.offset }
        var entries: [Entry] = []
        entries.reserveCapacity(places.count)
        for (number, place) in places.enumerated() {
            let end = number + 1 < places.count ? places[number + 1].offset : size - 20
            entries.append(
                Entry(id: index.id(place.position), crc: index.crc(place.position), range: place.offset..<end))
        }
        self.entries = entries
        self.size = size
    }
}
