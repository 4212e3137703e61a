import Erofs
import Glibc
import Linux
import Model
import Testing

/// Compares a mounted tree with what was written.
struct MountedTree {
    let tree: TestTree
    /// Whether it is seen through overlayfs, which keeps its own attributes to itself.
    let isOverlaid: Bool

    /// Compares inode `index`, and all below it, with the entry `name` of a directory.
    func expect(_ index: Int, at name: KernelPath, in directory: borrowing Descriptor) throws {
        let inode = tree.inodes[index]
        let status = try Files.status(name, in: directory.reference)
        var shown = Attributes(
            kind: status.kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
            modified: status.modified, size: status.kind == .directory ? 0 : status.size,
            xattrs: try Xattrs.all(name, in: directory.reference))
        if status.kind == .characterDevice || status.kind == .blockDevice { shown.device = status.device }
        var expected = inode.attributes
        if !isOverlaid { expected.xattrs = stored(inode) }
        #expect(shown == expected)
        if status.kind != .directory || !isOverlaid { #expect(status.linkCount == links(to: index)) }
        try expectContent(index, at: name, in: directory)
    }

    private func expectContent(_ index: Int, at name: KernelPath, in directory: borrowing Descriptor) throws {
        switch (tree.inodes[index].content, tree.inodes[index].attributes.kind) {
        case (.inline(let id), .symlink):
            #expect(try Files.readLink(name, in: directory.reference) == tree.bodies[id])
        case (.inline(let id), _):
            let file = try Files.open(name, in: directory.reference, flags: O_RDONLY)
            #expect(try file.readAll() == tree.bodies[id])
        case (.directory(let entries), _):
            let opened = try Files.openDirectory(name, in: directory.reference)
            #expect(try Files.names(in: opened).sorted() == entries.map(\.name))
            for entry in entries { try expect(entry.inode, at: KernelPath(entry.name), in: opened) }
        default: break
        }
    }

    /// The attributes as the image itself shows them.
    private func stored(_ inode: ImageInode) -> [ExtendedAttribute] {
        var result = inode.attributes.xattrs.map { attribute in
            let prefix: ByteName = "trusted.overlay."
            guard attribute.name.hasPrefix(prefix) else { return attribute }
            let rest = attribute.name.bytes.dropFirst(prefix.bytes.count)
            return ExtendedAttribute(name: ByteName("trusted.overlay.overlay.".utf8 + rest), value: attribute.value)
        }
        if case .pooled(let redirect) = inode.content {
            result.append(xattr("trusted.overlay.metacopy"))
            result.append(ExtendedAttribute(name: "trusted.overlay.redirect", value: redirect))
        }
        return result.sorted { $0.name < $1.name }
    }

    private func links(to index: Int) -> UInt32 {
        var (names, subdirectories): (UInt32, UInt32) = (0, 0)
        for (parent, inode) in tree.inodes.enumerated() {
            guard case .directory(let entries) = inode.content else { continue }
            for entry in entries {
                if entry.inode == index { names += 1 }
                if parent == index, case .directory = tree.inodes[entry.inode].content { subdirectories += 1 }
            }
        }
        guard case .directory = tree.inodes[index].content else { return names }
        return 2 + subdirectories
    }
}
