import Erofs
import Model
import ObjectStore
import Snapshot

/// Lists the inodes of a tree as a metadata image needs them.
struct ImageInodes {
    private let store: ObjectStore
    private let limit: Int
    private(set) var inodes: [ImageInode] = []
    /// The inodes of files that have a hard-link group. Only what is alike is the same file.
    private var linked: [Node: Int] = [:]

    /// - Parameter limit: how many inodes there may be: a few trees that name each other many times, made by hand,
    ///   could stand for more than memory holds.
    init(of tree: ObjectID, in store: ObjectStore, limit: Int = 1 << 24) throws {
        self.store = store
        self.limit = limit
        _ = try add(tree, at: .root)
    }

    private mutating func add(_ tree: ObjectID, at path: BytePath) throws -> Int {
        try path.checkDepth()
        let directory = try store.directory(tree)
        let index = inodes.count
        guard directory.entries.count < limit - index else {
            throw SnapshotError.unsupported(path, "the tree has more than \(limit) files")
        }
        inodes.append(ImageInode(attributes: directory.attributes, content: .directory([])))
        var entries: [ImageEntry] = []
        entries.reserveCapacity(directory.entries.count)
        // Files first, so that a directory and what it holds lie side by side in the image.
        for case (let name, .leaf(let attributes, let body)) in directory.entries.map({ ($0.name, $0.node) }) {
            entries.append(ImageEntry(name: name, inode: add(attributes, body)))
        }
        for case (let name, .directory(let subtree)) in directory.entries.map({ ($0.name, $0.node) }) {
            entries.append(ImageEntry(name: name, inode: try add(subtree, at: path.appending(name))))
        }
        inodes[index].content = .directory(entries.sorted { $0.name < $1.name })
        return index
    }

    private mutating func add(_ attributes: Attributes, _ body: ObjectID) -> Int {
        let isLinked = attributes.linkGroup != nil
        if isLinked, let known = linked[.leaf(attributes, body: body)] { return known }
        let content: ImageInode.Content =
            if !attributes.hasBody || attributes.size == 0 {
                .none
            } else if attributes.kind == .regular, ObjectStore.isPooled(size: attributes.size, holes: attributes.holes)
            {
                .pooled(redirect: [UInt8(ascii: "/")] + ObjectStore.poolPath(of: body))
            } else {
                .inline(body)
            }
        inodes.append(ImageInode(attributes: attributes, content: content))
        if isLinked { linked[.leaf(attributes, body: body)] = inodes.count - 1 }
        return inodes.count - 1
    }
}
