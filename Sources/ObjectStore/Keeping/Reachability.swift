import Linux
import Model

/// Finds what a set of commits needs: their ancestors, trees and blobs. Each object is looked at once, and only
/// commits and trees are read.
public final class Reachability {
    /// Commits and trees that were looked at, each with a number of the path at which it was first found: what was at
    /// one path in several commits is likely to be alike.
    private var walked: [ObjectID: UInt32] = [:]
    /// What was named as a blob, or besides, wherever it is stored. Who names it may be wrong, and so hides nothing: the same
    /// id may be in `walked` too.
    private var leaves: [ObjectID: UInt32] = [:]
    /// Trees of commits, of which it was asked what they need besides.
    private var roots: Set<ObjectID> = []
    private let store: ObjectStore
    private let cut: Set<ObjectID>
    private let besides: ([TreeEntry]) throws -> [ObjectID]

    /// - Parameters:
    ///   - expiry: what is to be taken for forgotten.
    ///   - besides: called once for each root tree of a commit, with its entries: what it needs that git does not know
    ///     of, such as the bodies that a recipe names.
    public init(
        in store: ObjectStore, expiry: LogExpiry? = nil,
        besides: @escaping ([TreeEntry]) throws -> [ObjectID] = { _ in [] }
    ) throws(StoreError) {
        self.store = store
        self.besides = besides
        cut = try store.forgottenParents().union(expiry?.cuts ?? [])
    }

    public func contains(_ id: ObjectID) -> Bool { place(of: id) != nil }

    /// What stands for the path at which an object was found; nil where it was not.
    func place(of id: ObjectID) -> UInt32? { walked[id] ?? leaves[id] }

    /// Adds what these commits need. What was found before is not looked at again.
    /// - Throws: where a commit or tree is missing or damaged: what it needs is not known.
    public func add(_ commits: [ObjectID]) throws {
        var pending = commits
        while let id = pending.popLast() {
            guard Self.note(id, 0, in: &walked) else { continue }
            let commit = try store.commit(id)
            if !cut.contains(id) { pending += commit.parents }
            guard roots.insert(commit.tree).inserted else { continue }
            _ = Self.note(commit.tree, 1, in: &walked)
            let entries = try store.tree(commit.tree)
            for entry in entries {
                let place = entry.name.bytes.withUnsafeBytes { Self.place($0, in: 1) }
                if entry.mode != .tree {
                    _ = Self.note(entry.id, place, in: &leaves)
                } else if Self.note(entry.id, place, in: &walked) {
                    try addContent(of: entry.id, place)
                }
            }
            for id in try besides(entries) { _ = Self.note(id, 0, in: &leaves) }
        }
    }

    private func addContent(of tree: ObjectID, _ place: UInt32) throws {
        var pending = [(tree, place)]
        while let (id, place) = pending.popLast() {
            try Interrupts.check()
            try Tree.scan(try store.read(id, as: .tree), id: id) { isTree, name, entry in
                let inner = Self.place(name, in: place)
                if !isTree {
                    _ = Self.note(entry, inner, in: &leaves)
                } else if Self.note(entry, inner, in: &walked) {
                    pending.append((entry, inner))
                }
            }
        }
    }

    /// - Returns: whether it was not known.
    private static func note(_ id: ObjectID, _ place: UInt32, in found: inout [ObjectID: UInt32]) -> Bool {
        if found[id] != nil { return false }
        found[id] = place
        return true
    }

    /// FNV-1a.
    private static func place(_ name: UnsafeRawBufferPointer, in parent: UInt32) -> UInt32 {
        name.reduce((parent ^ 0x2f) &* 16_777_619) { ($0 ^ UInt32($1)) &* 16_777_619 }
    }
}

extension Tree {
    /// Calls `body` with each entry of a tree object: whether it is a tree, its name and its id.
    /// Fails with `corrupt` where the bytes are no tree.
    static func scan(
        _ bytes: [UInt8], id: ObjectID, _ body: (_ isTree: Bool, _ name: UnsafeRawBufferPointer, ObjectID) -> Void
    ) throws(StoreError) {
        let isWhole = bytes.withUnsafeBytes { buffer in
            var position = 0
            while position < buffer.count {
                // Only a tree's mode begins with 4: the others are 100644, 100755 and 120000,
                // and git's own 160000, whose commit is none of this repository's.
                let isTree = buffer[position] == UInt8(ascii: "4")
                while position < buffer.count, buffer[position] != UInt8(ascii: " ") { position += 1 }
                let start = min(position + 1, buffer.count)
                position = start
                while position < buffer.count, buffer[position] != 0 { position += 1 }
                guard let base = buffer.baseAddress, position + 21 <= buffer.count else { return false }
                let name = UnsafeRawBufferPointer(rebasing: buffer[start..<position])
                body(isTree, name, ObjectID(loading: base + position + 1))
                position += 21
            }
            return true
        }
        guard isWhole else { throw StoreError("read tree", id.hex, .corrupt("it ends inside an entry")) }
    }
}
