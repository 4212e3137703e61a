import Model
import ObjectStore

/// One thing that a layer says.
public struct LayerItem: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        case directory(Attributes)
        case leaf(Attributes, body: ObjectID)
        /// Another name of a file that an earlier item brings.
        case hardLink(to: BytePath, Attributes, body: ObjectID)
        /// What the tree below has at the path is gone.
        case whiteout
    }

    public let path: BytePath
    public let content: Content
}

/// What a layer has to say, so that one tree becomes another (image-spec, layer.md, "Change Types").
///
/// Directories on the way to a change come along, since some unpack each layer by itself and would make up attributes for
/// those that are missing. For the same reason all names of a file with hard links come when one does.
public struct LayerEntries {
    private let source: any ObjectSource
    private var items: [BytePath: LayerItem.Content] = [:]
    private var groups: Set<LinkGroup> = []

    /// Sorted by path, directories before what is in them; none where the trees are equal.
    /// - Parameter old: nil for nothing.
    public static func between(
        _ old: ObjectID?, _ new: ObjectID, in source: any ObjectSource
    ) throws -> [LayerItem] {
        if old == new { return [] }
        var entries = LayerEntries(source: source)
        try entries.compare(old, new, at: .root)
        if !entries.groups.isEmpty { try entries.completeGroups(in: new, at: .root) }
        return entries.linked()
    }

    private init(source: any ObjectSource) { self.source = source }

    private mutating func compare(_ old: ObjectID?, _ new: ObjectID, at path: BytePath) throws {
        try path.checkDepth()
        let before = try old.map { try source.directory($0) }
        let after = try source.directory(new)
        items[path] = .directory(after.attributes)
        for entry in before?.entries ?? [] where after[entry.name] == nil {
            items[path.appending(entry.name)] = .whiteout
        }
        for entry in after.entries {
            let below = before?[entry.name]
            if below == entry.node { continue }
            let child = path.appending(entry.name)
            switch (entry.node, below) {
            case (.directory(let tree), .directory(let oldTree)?): try compare(oldTree, tree, at: child)
            case (.directory(let tree), _): try compare(nil, tree, at: child)
            case (.leaf(let attributes, let body), _):
                items[child] = .leaf(attributes, body: body)
                if let group = attributes.linkGroup { groups.insert(group) }
            }
        }
    }

    /// Brings the other names of files that have names among what changed.
    /// - Returns: whether there were any at or below `path`.
    @discardableResult
    private mutating func completeGroups(in tree: ObjectID, at path: BytePath) throws -> Bool {
        let directory = try source.directory(tree)
        var brought = false
        for entry in directory.entries {
            let child = path.appending(entry.name)
            switch entry.node {
            case .directory(let subtree):
                if try completeGroups(in: subtree, at: child) { brought = true }
            case .leaf(let attributes, let body):
                guard let group = attributes.linkGroup, groups.contains(group), items[child] == nil else { continue }
                items[child] = .leaf(attributes, body: body)
                brought = true
            }
        }
        if brought, items[path] == nil { items[path] = .directory(directory.attributes) }
        return brought
    }

    /// In order, with the first name of each file as the file.
    private func linked() -> [LayerItem] {
        var first: [SharedFile: BytePath] = [:]
        return items.sorted { $0.key < $1.key }.map { path, content in
            guard case .leaf(let attributes, let body) = content, attributes.linkGroup != nil else {
                return LayerItem(path: path, content: content)
            }
            let file = SharedFile(attributes: attributes, body: body)
            if let target = first[file] {
                return LayerItem(path: path, content: .hardLink(to: target, attributes, body: body))
            }
            first[file] = path
            return LayerItem(path: path, content: content)
        }
    }

    /// Names of one group that are not alike are files of their own.
    private struct SharedFile: Hashable {
        let attributes: Attributes
        let body: ObjectID
    }
}
