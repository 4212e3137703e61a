import Erofs
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot

/// Lists the inodes of a tree as a metadata image needs them.
struct ImageInodes {
    private let store: ObjectStore
    private(set) var inodes: [ImageInode] = []
    private var linked: [LinkGroup: Int] = [:]

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
        if let group = attributes.linkGroup, let known = linked[group] { return known }
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
        if let group = attributes.linkGroup { linked[group] = inodes.count - 1 }
        return inodes.count - 1
    }
}

extension Repository {
    /// The metadata image of a tree, built where it is not in the cache.
    func metadataImage(of tree: ObjectID) throws -> String {
        let path = "\(root)/images/\(tree.hex).erofs"
        if try Files.exists(KernelPath(path)) { return path }
        let store = try store()
        let list = try ImageInodes(of: tree, in: store)
        let temporary = "\(root)/images/\(tree.hex).\(getpid()).new"
        do {
            let file = try Files.open(
                KernelPath(temporary), flags: O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
            try MetadataImage.write(
                list.inodes, tree: tree, body: { try store.read($0, as: .blob) }, to: file)
            try file.synchronize()
            try Files.rename(KernelPath(temporary), to: KernelPath(path))
        } catch {
            try Files.removeAll(KernelPath(temporary))
            throw error
        }
        return path
    }

    /// The tree written out as files, for kernels that can't mount a metadata image.
    func directoryCheckout(of tree: ObjectID) throws -> String {
        let path = "\(root)/checkouts/\(tree.hex)"
        if try Files.exists(KernelPath(path)) { return path }
        let temporary = "\(path).\(getpid()).new"
        do {
            try Files.makeDirectory(KernelPath(temporary), mode: 0o700)
            let directory = try Files.openDirectory(KernelPath(temporary))
            try Materialize(from: try store(), for: .overlayLayer).write(tree, into: directory)
            try directory.synchronizeFilesystem()
            try Files.rename(KernelPath(temporary), to: KernelPath(path))
        } catch let error as SystemError where error.errno == .notEmpty || error.errno == .exists {
            // Somebody else was faster.
            try Files.removeAll(KernelPath(temporary))
        } catch {
            try Files.removeAll(KernelPath(temporary))
            throw error
        }
        return path
    }
}
