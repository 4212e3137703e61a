import Linux
import Model

extension ObjectStore {
    /// The one commit whose id begins with `prefix`.
    /// - Parameter prefix: 4 to 40 lowercase hexadecimal digits; anything else fails with `invalid`.
    /// - Throws: `missing`, or `ambiguous` with all candidates.
    public func resolve(prefix: String) throws(StoreError) -> ObjectID {
        let digits = Array(prefix.utf8)
        guard (4...40).contains(digits.count),
            let low = ObjectID(hex: prefix + String(repeating: "0", count: 40 - digits.count)),
            let high = ObjectID(hex: prefix + String(repeating: "f", count: 40 - digits.count)),
            low.hex.hasPrefix(prefix)
        else {
            throw StoreError("find commit", prefix, .invalid("a commit id is 4 to 40 digits of 0 to 9 and a to f"))
        }
        let repository = try repository()
        var candidates: [ObjectID] = []
        for id in low == high ? [low] : try packed(low, high).union(loose(prefix)).sorted()
        where try repository.kind(id) == .commit {
            candidates.append(id)
        }
        guard let only = candidates.first else { throw StoreError("find commit", prefix, .missing) }
        guard candidates.count == 1 else { throw StoreError("find commit", prefix, .ambiguous(candidates)) }
        return only
    }

    private func packed(_ low: ObjectID, _ high: ObjectID) throws(StoreError) -> Set<ObjectID> {
        let directory = try openPackDirectory()
        let names: [ByteName]
        do throws(SystemError) { names = try Files.names(in: directory) } catch {
            throw StoreError("list packs", "", .system(error))
        }
        var result: Set<ObjectID> = []
        for name in names {
            guard let text = name.string, text.hasPrefix("pack-"), text.hasSuffix(".idx"),
                let index = try PackIndex(text, in: directory)
            else { continue }
            for position in index.positions(from: low, through: high) { result.insert(index.id(position)) }
        }
        return result
    }

    /// varve writes no loose objects, but git may.
    private func loose(_ prefix: String) throws(StoreError) -> Set<ObjectID> {
        let fanout = prefix.prefix(2)
        let names: [ByteName]
        do throws(SystemError) {
            names = try Files.names(
                in: try Files.openDirectory(KernelPath("\(gitDirectory)/objects/\(fanout)")))
        } catch {
            if error.errno == .noEntry { return [] }
            throw StoreError("list objects", String(fanout), .system(error))
        }
        return Set(
            names.compactMap { $0.string.flatMap { ObjectID(hex: fanout + $0) } }.filter { $0.hex.hasPrefix(prefix) })
    }
}
