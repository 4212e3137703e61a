import Model
import ObjectStore

/// The differences between two trees. Subtrees with equal ids are never looked into, so the work is in proportion
/// to what differs.
public struct Difference {
    private let source: any ObjectSource
    /// Sorted by path, as the walk meets them: at most one for each path.
    private var changes: [Change] = []

    /// All changes from tree `old` to tree `new`, sorted by path.
    /// - Parameter renames: whether what vanished in one place and appeared in another counts as renamed.
    public static func between(
        _ old: ObjectID?, _ new: ObjectID?, in source: any ObjectSource, renames: Bool = true
    ) throws -> [Change] {
        var difference = Difference(source: source)
        try difference.compare(old.map { .directory($0) }, new.map { .directory($0) }, at: .root)
        if renames { try difference.pairRenamedDirectories() }
        try difference.expand()
        if renames { try difference.pairRenamedFiles() }
        return difference.changes
    }

    private init(source: any ObjectSource) { self.source = source }

    private mutating func compare(_ old: Node?, _ new: Node?, at path: BytePath) throws {
        switch (old, new) {
        case (let old, let new) where old == new: break
        case (let old?, nil): changes.append(Change(path: path, kind: .deleted, old: old))
        case (nil, let new?): changes.append(Change(path: path, kind: .added, new: new))
        case (.directory(let oldTree)?, .directory(let newTree)?):
            try compareDirectories(oldTree, newTree, at: path)
        case (.leaf(let a, let oldBody)?, .leaf(let b, let newBody)?) where a.kind == b.kind:
            var aspects = b.aspects(against: a)
            if oldBody != newBody { aspects.insert(.content) }
            changes.append(Change(path: path, kind: .modified, aspects: aspects, old: old, new: new))
        case (let old, let new):
            changes.append(Change(path: path, kind: .typeChanged, old: old, new: new))
            // What was, or now is, below the directory went or came with it: one of the two is none.
            if case .directory(let tree)? = old {
                for entry in try source.directory(tree).entries {
                    try compare(entry.node, nil, at: path.appending(entry.name))
                }
            }
            if case .directory(let tree)? = new {
                for entry in try source.directory(tree).entries {
                    try compare(nil, entry.node, at: path.appending(entry.name))
                }
            }
        }
    }

    private mutating func compareDirectories(_ oldTree: ObjectID, _ newTree: ObjectID, at path: BytePath) throws {
        try path.checkDepth()
        let old = try source.directory(oldTree)
        let new = try source.directory(newTree)
        let aspects = new.attributes.aspects(against: old.attributes)
        if !aspects.isEmpty {
            let (a, b) = (Node.directory(oldTree), Node.directory(newTree))
            changes.append(Change(path: path, kind: .modified, aspects: aspects, old: a, new: b))
        }
        var left = 0
        var right = 0
        while left < old.entries.count || right < new.entries.count {
            let a = left < old.entries.count ? old.entries[left] : nil
            let b = right < new.entries.count ? new.entries[right] : nil
            if let a, b.map({ a.name < $0.name }) ?? true {
                left += 1
                try compare(a.node, nil, at: path.appending(a.name))
            } else if let b, a.map({ b.name < $0.name }) ?? true {
                right += 1
                try compare(nil, b.node, at: path.appending(b.name))
            } else if let a, let b {
                left += 1
                right += 1
                // Nearly all are equal, and need no path.
                if a.node != b.node { try compare(a.node, b.node, at: path.appending(a.name)) }
            }
        }
    }

    /// Pairs directories that moved as a whole, before anything looks into them.
    private mutating func pairRenamedDirectories() throws {
        var origins: [ObjectID: [Int]] = [:]
        for (position, change) in changes.enumerated() where change.kind == .deleted {
            if case .directory(let tree)? = change.old { origins[tree, default: []].append(position) }
        }
        if origins.isEmpty { return }
        var gone: Set<Int> = []
        for (position, change) in changes.enumerated() where change.kind == .added {
            guard case .directory(let tree)? = change.new, let candidates = origins[tree], !candidates.isEmpty,
                try !source.directory(tree).entries.isEmpty,
                let origin = candidates.first(where: { changes[$0].path.last == change.path.last }) ?? candidates.first
            else { continue }
            origins[tree]?.removeAll { $0 == origin }
            gone.insert(origin)
            changes[position] = Change(
                path: change.path, kind: .renamed(from: changes[origin].path), old: changes[origin].old, new: change.new
            )
        }
        remove(gone)
    }

    /// Puts all that is below added and deleted directories behind them.
    private mutating func expand() throws {
        let met = changes
        changes = []
        changes.reserveCapacity(met.count)
        for change in met {
            switch change.kind {
            case .added, .deleted: try addAll(change)
            default: changes.append(change)
            }
        }
    }

    private mutating func addAll(_ change: Change) throws {
        changes.append(change)
        guard case .directory(let tree)? = change.new ?? change.old else { return }
        try change.path.checkDepth()
        for entry in try source.directory(tree).entries {
            let isNew = change.new != nil
            try addAll(
                Change(
                    path: change.path.appending(entry.name), kind: change.kind, old: isNew ? nil : entry.node,
                    new: isNew ? entry.node : nil))
        }
    }

    private mutating func pairRenamedFiles() throws {
        var gone: Set<Int> = []
        for pair in try Renames.pairs(in: changes, source) {
            let (from, to) = (changes[pair.old], changes[pair.new])
            guard case .leaf(let a, let oldBody)? = from.old, case .leaf(let b, var newBody)? = to.new else { continue }
            var aspects = b.aspects(against: a)
            if a.size == b.size, let source = source as? any ProvisionalSource { newBody = try source.settled(newBody) }
            if oldBody != newBody { aspects.insert(.content) }
            changes[pair.new] = Change(
                path: to.path, kind: .renamed(from: from.path), aspects: aspects, old: from.old, new: to.new)
            gone.insert(pair.old)
        }
        remove(gone)
    }

    private mutating func remove(_ positions: Set<Int>) {
        if positions.isEmpty { return }
        changes = changes.enumerated().filter { !positions.contains($0.offset) }.map(\.element)
    }
}
