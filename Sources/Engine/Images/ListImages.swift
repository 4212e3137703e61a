import Model
import ObjectStore
import Snapshot

/// A tag as `images` lists it.
public struct ListedImage: Sendable {
    public let name: TagName
    public let commit: ObjectID
    /// When the commit was made: seconds since 1970.
    public let created: Int64
    /// Bytes of all files, those with several names once.
    public let size: UInt64
}

extension Repository {
    /// All tags, sorted by name, with what their files take.
    public func images() throws -> [ListedImage] {
        var sizes = TreeSizes(in: try store())
        return try tags().map { tag in
            let commit = try store().commit(tag.commit)
            let size = try sizes.size(of: try content(of: tag.commit).fs)
            return ListedImage(name: tag.name, commit: tag.commit, created: commit.author.seconds, size: size)
        }
    }
}

/// How many bytes the files of trees have. What trees share is looked at once.
struct TreeSizes {
    private struct Sum {
        var bytes: UInt64 = 0
        /// Files with several names are counted for the whole tree.
        var shared: [LinkGroup: UInt64] = [:]
    }

    private let source: any ObjectSource
    private var known: [ObjectID: Sum] = [:]

    init(in source: any ObjectSource) { self.source = source }

    mutating func size(of tree: ObjectID) throws -> UInt64 {
        let sum = try sum(of: tree)
        return sum.shared.values.reduce(sum.bytes, +)
    }

    private mutating func sum(of tree: ObjectID) throws -> Sum {
        if let sum = known[tree] { return sum }
        var sum = Sum()
        for entry in try source.directory(tree).entries {
            switch entry.node {
            case .directory(let subtree):
                let inner = try self.sum(of: subtree)
                sum.bytes += inner.bytes
                sum.shared.merge(inner.shared) { a, _ in a }
            case .leaf(let attributes, _) where attributes.kind == .regular:
                if let group = attributes.linkGroup {
                    sum.shared[group] = attributes.size
                } else {
                    sum.bytes += attributes.size
                }
            case .leaf: break
            }
        }
        known[tree] = sum
        return sum
    }
}
