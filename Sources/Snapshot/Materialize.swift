import Glibc
import Linux
import Model
import ObjectStore

/// Writes a tree out as files, with every attribute.
public final class Materialize {
    /// What the files are for.
    public enum Purpose: Sendable {
        /// A person's or a program's own copy.
        case copy
        /// A layer below overlayfs, which has to hold some attributes under other names.
        case overlayLayer
    }

    private let store: ObjectStore
    private let purpose: Purpose
    /// The first path written of each file that has a hard-link group. Only what is alike is the same file.
    private var written: [Node: BytePath] = [:]

    public init(from store: ObjectStore, for purpose: Purpose) {
        self.store = store
        self.purpose = purpose
    }

    /// Fills an empty directory with the tree, and gives the directory itself the root's attributes.
    /// Nobody else may write in the directory meanwhile.
    public func write(_ tree: ObjectID, into directory: borrowing Descriptor) throws {
        try fill(directory, with: tree, at: .root, top: directory)
    }

    private func fill(
        _ directory: borrowing Descriptor, with tree: ObjectID, at path: BytePath, top: borrowing Descriptor
    ) throws {
        try path.checkDepth()
        let content = try store.directory(tree)
        for entry in content.entries {
            let childPath = path.appending(entry.name)
            switch entry.node {
            case .directory(let subtree):
                try Files.makeDirectory(KernelPath(entry.name), in: directory.reference, mode: 0o700)
                let child = try Files.openDirectory(KernelPath(entry.name), in: directory.reference)
                try fill(child, with: subtree, at: childPath, top: top)
            case .leaf(let attributes, let body):
                if attributes.linkGroup != nil, let first = written[entry.node] {
                    try Files.link(
                        KernelPath(relative: first), in: top.reference, to: KernelPath(entry.name),
                        in: directory.reference)
                } else {
                    try makeLeaf(entry.name, attributes, body, in: directory)
                    if attributes.linkGroup != nil { written[entry.node] = childPath }
                }
            }
        }
        // Last, since every entry made inside changes the directory's mtime.
        try Self.apply(content.attributes, to: ".", in: directory, for: purpose)
    }

    private func makeLeaf(
        _ name: ByteName, _ attributes: Attributes, _ body: ObjectID, in directory: borrowing Descriptor
    ) throws {
        let path = KernelPath(name)
        switch attributes.kind {
        case .regular:
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            let file = try Files.open(path, in: directory.reference, flags: flags, mode: 0o600)
            try write(body, attributes, to: file)
        case .symlink:
            let target = try store.read(body, as: .blob)
            try Files.makeSymlink(path, in: directory.reference, target: KernelPath(target))
        default:
            try Files.makeNode(
                path, in: directory.reference, mode: attributes.kind.modeBits | 0o600,
                device: attributes.device ?? DeviceNumber(major: 0, minor: 0))
        }
        try Self.apply(attributes, to: name, in: directory, for: purpose)
    }

    private func write(_ body: ObjectID, _ attributes: Attributes, to file: borrowing Descriptor) throws {
        switch try store.body(body, size: attributes.size, holes: attributes.holes) {
        case .inline(let bytes): try file.write(bytes)
        case .file(let pooled): try pooled.copy(to: file, size: attributes.size, holes: attributes.holes)
        }
    }

    /// Gives a file its attributes. Owner first, since changing it clears setuid bits and capabilities; the time last.
    public static func apply(
        _ attributes: Attributes, to name: ByteName, in directory: borrowing Descriptor, for purpose: Purpose
    ) throws {
        let path = KernelPath(name)
        try Files.setOwner(path, in: directory.reference, uid: attributes.uid, gid: attributes.gid)
        if attributes.kind != .symlink {
            try Files.setPermissions(path, in: directory.reference, attributes.permissions)
        }
        for xattr in attributes.xattrs {
            let stored = purpose == .overlayLayer ? OverlayXattrs.stored(xattr.name) : xattr.name
            try Xattrs.set(ExtendedAttribute(name: stored, value: xattr.value), path, in: directory.reference)
        }
        try Files.setModified(path, in: directory.reference, attributes.modified)
    }
}
