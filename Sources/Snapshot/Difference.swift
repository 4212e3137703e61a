import Model
import ObjectStore

/// The differences between two trees. Subtrees with equal ids are never looked into, so the work is in proportion
/// to what differs.
public struct Difference {
    private let source: any ObjectSource
    private var changes: [Change] = []
    /// Added and deleted nodes, directories not yet looked into.
    private var added: [BytePath: Node] = [:]
    private var deleted: [BytePath: Node] = [:]

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
        difference.changes += difference.deleted.map { Change(path: $0, kind: .deleted, old: $1) }
        difference.changes += difference.added.map { Change(path: $0, kind: .added, new: $1) }
        return difference.changes.sorted { ($0.path, $0.letterOrder) < ($1.path, $1.letterOrder) }
    }

    private init(source: any ObjectSource) { self.source = source }

    private mutating func compare(_ old: Node?, _ new: Node?, at path: BytePath) throws {
        switch (old, new) {
        case (let old, let new) where old == new: break
        case (let old?, nil): deleted[path] = old
        case (nil, let new?): added[path] = new
        case (.directory(let oldTree)?, .directory(let newTree)?):
            try compareDirectories(oldTree, newTree, at: path)
        case (.leaf(let a, let oldBody)?, .leaf(let b, let newBody)?) where a.kind == b.kind:
            var aspects = b.aspects(against: a)
            if oldBody != newBody { aspects.insert(.content) }
            changes.append(Change(path: path, kind: .modified, aspects: aspects, old: old, new: new))
        case (let old, let new):
            changes.append(Change(path: path, kind: .typeChanged, old: old, new: new))
            // What was, or now is, below the directory went or came with it.
            if case .directory(let tree)? = old {
                for entry in try source.directory(tree).entries { deleted[path.appending(entry.name)] = entry.node }
            }
            if case .directory(let tree)? = new {
                for entry in try source.directory(tree).entries { added[path.appending(entry.name)] = entry.node }
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
        var left = old.entries[...]
        var right = new.entries[...]
        while let name = [left.first?.name, right.first?.name].compactMap({ $0 }).min() {
            let a = left.first?.name == name ? left.removeFirst().node : nil
            let b = right.first?.name == name ? right.removeFirst().node : nil
            try compare(a, b, at: path.appending(name))
        }
    }

    /// Pairs directories that moved as a whole, before anything looks into them.
    private mutating func pairRenamedDirectories() throws {
        var origins: [ObjectID: [BytePath]] = [:]
        for (path, node) in deleted { if case .directory(let tree) = node { origins[tree, default: []].append(path) } }
        for (path, node) in added.sorted(by: { $0.key < $1.key }) {
            guard case .directory(let tree) = node, let candidates = origins[tree], !candidates.isEmpty,
                try !source.directory(tree).entries.isEmpty,
                let origin = candidates.filter({ $0.last == path.last }).min() ?? candidates.min()
            else { continue }
            origins[tree]?.removeAll { $0 == origin }
            deleted[origin] = nil
            added[path] = nil
            changes.append(Change(path: path, kind: .renamed(from: origin), old: node, new: node))
        }
    }

    /// Puts all that is below added and deleted directories beside them.
    private mutating func expand() throws {
        added = try expanded(added)
        deleted = try expanded(deleted)
    }

    private func expanded(_ nodes: [BytePath: Node]) throws -> [BytePath: Node] {
        var result = nodes
        var open = Array(nodes)
        while let (path, node) = open.popLast() {
            try path.checkDepth()
            result[path] = node
            guard case .directory(let tree) = node else { continue }
            open += try source.directory(tree).entries.map { (key: path.appending($0.name), value: $0.node) }
        }
        return result
    }

    private mutating func pairRenamedFiles() throws {
        for pair in try Renames.pairs(deleted: deleted, added: added, in: source) {
            guard case .leaf(let a, let oldBody)? = deleted[pair.old], case .leaf(let b, let newBody)? = added[pair.new]
            else { continue }
            var aspects = b.aspects(against: a)
            if oldBody != newBody { aspects.insert(.content) }
            changes.append(
                Change(
                    path: pair.new, kind: .renamed(from: pair.old), aspects: aspects, old: deleted[pair.old],
                    new: added[pair.new]))
            deleted[pair.old] = nil
            added[pair.new] = nil
        }
    }
}

extension Change {
    /// At one path, what went away stands before what came.
    fileprivate var letterOrder: Int {
        switch kind {
        case .deleted: 0
        case .modified, .typeChanged: 1
        case .added, .renamed: 2
        }
    }
}
