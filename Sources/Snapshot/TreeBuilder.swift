import Model
import ObjectStore

/// Builds a root filesystem from entries in any order, as a tar file gives them, and writes its trees.
///
/// Nothing is unpacked: an entry changes a tree in memory, so no path can lead outside.
public final class TreeBuilder {
    private final class Branch {
        var attributes: Attributes
        var children: [ByteName: Child] = [:]

        init(attributes: Attributes) { self.attributes = attributes }
    }

    private enum Child {
        case branch(Branch)
        case leaf(Attributes, ObjectID)
    }

    private let root = Branch(attributes: Directory.empty.attributes)

    public init() {}

    /// Places a directory; named again, the last attributes count.
    public func addDirectory(_ path: BytePath, _ attributes: Attributes) throws(SnapshotError) {
        guard let name = path.last else {
            root.attributes = attributes
            return
        }
        try path.checkDepth()
        let parent = try parent(of: path)
        switch parent.children[name] {
        case .branch(let existing):
            existing.attributes = attributes
        case .leaf: throw .conflict(path, "it is named twice, once as a directory and once as something else")
        case nil:
            parent.children[name] = .branch(Branch(attributes: attributes))
        }
    }

    /// Places anything but a directory.
    public func addLeaf(_ path: BytePath, _ attributes: Attributes, body: ObjectID) throws(SnapshotError) {
        guard let name = path.last else { throw .conflict(path, "the root can only be a directory") }
        let parent = try parent(of: path)
        guard parent.children[name] == nil else { throw .conflict(path, "it is named twice") }
        parent.children[name] = .leaf(attributes, body)
    }

    /// Makes `path` another name of the file at `target`, which has to be there already.
    public func addHardLink(_ path: BytePath, to target: BytePath) throws(SnapshotError) {
        guard let targetName = target.last, let targetParent = try existing(target.parent),
            case .leaf(var attributes, let body)? = targetParent.children[targetName]
        else { throw .conflict(path, "it is a hard link to \(target), which is no file that came before it") }
        if attributes.linkGroup == nil {
            attributes.linkGroup = LinkGroup.named(by: target, attributes, body: body, in: .emptyTree)
            targetParent.children[targetName] = .leaf(attributes, body)
        }
        try addLeaf(path, attributes, body: body)
    }

    /// Writes all trees.
    /// - Returns: the id of the root's tree.
    public func write(to sink: some ObjectSink) throws -> ObjectID {
        try write(root, to: sink)
    }

    private func write(_ branch: Branch, to sink: some ObjectSink) throws -> ObjectID {
        var directory = Directory(attributes: branch.attributes)
        for (name, child) in branch.children.sorted(by: { $0.key < $1.key }) {
            let node: Node =
                switch child {
                case .branch(let branch): .directory(try write(branch, to: sink))
                case .leaf(let attributes, let body): .leaf(attributes, body: body)
                }
            directory.entries.append(Entry(name: name, node: node))
        }
        return try sink.add(directory)
    }

    /// The directory that holds `path`, made with its parents where nothing is there yet.
    private func parent(of path: BytePath) throws(SnapshotError) -> Branch {
        try path.parent.checkDepth()
        var branch = root
        for (depth, name) in path.names.dropLast().enumerated() {
            switch branch.children[name] {
            case .branch(let next): branch = next
            case .leaf(let attributes, _):
                let here = BytePath(Array(path.names[...depth]))
                let what = attributes.kind == .symlink ? "a symlink" : "no directory"
                throw .conflict(path, "the way to it leads through \(here), which is \(what)")
            case nil:
                let made = Branch(attributes: Directory.empty.attributes)
                branch.children[name] = .branch(made)
                branch = made
            }
        }
        return branch
    }

    private func existing(_ path: BytePath) throws(SnapshotError) -> Branch? {
        var branch = root
        for name in path.names {
            guard case .branch(let next)? = branch.children[name] else { return nil }
            branch = next
        }
        return branch
    }
}
