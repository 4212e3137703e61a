import Erofs
import Model
import ObjectStore
import Snapshot

/// Lists the inodes of a tree as a metadata image needs them.
struct ImageInodes {
    private let store: ObjectStore
    private(set) var inodes: [ImageInode] = []
    /// The inodes of files that have a hard-link group. Only what is alike is the same file.
    private var linked: [Node: Int] = [:]

    init(of tree: ObjectID, in store: ObjectStore) throws {
        self.store = store
        _ = try add(tree)
    }

    private mutating func add(_ tree: ObjectID) throws -> Int {
        let directory = try store.directory(tree)
        let index = inodes.count
        inodes.append(ImageInode(attributes: directory.attributes, content: .directory([])))
        var entries: [ImageEntry] = []
        entries.reserveCapacity(directory.entries.count)
        // Files first, so that a directory and what it holds lie side by side in the image.
        for case (let name, .leaf(let attributes, let body)) in directory.entries.map({ ($0.name, $0.node) }) {
            entries.append(ImageEntry(name: name, inode: add(attributes, body)))
        }
        for case (let name, .directory(let subtree)) in directory.entries.map({ ($0.name, $0.node) }) {
            entries.append(ImageEntry(name: name, inode: try add(subtree)))
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
