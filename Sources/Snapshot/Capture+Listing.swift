import Linux
import Model
import ObjectStore

/// What a directory's entries alone tell of new files: names and kinds.
extension Capture {
    /// A new file; nil for what has to be looked at: devices, since overlayfs marks removed files with them, and what may
    /// be there only to mount something on.
    func listedLeaf(_ entry: Files.DirectoryEntry, in parent: BytePath) -> Node? {
        switch entry.kind {
        case .regular? where !mountPoints.isEmpty && mountPoints.contains(parent.appending(entry.name)): nil
        case .regular?: .unseenFile
        case .symlink?: .unseenSymlink
        case .fifo?: .unseen(.fifo)
        case .socket?: .unseen(.socket)
        case .directory?, .characterDevice?, .blockDevice?, nil: nil
        }
    }

    /// A new file whose size tells that nobody asks for more; nil where it has to be looked at.
    func sizedLeaf(
        _ entry: Files.DirectoryEntry, in directory: borrowing Descriptor, at path: BytePath
    ) throws -> Node? {
        guard case .sized(let wanted) = newFiles, entry.kind == .regular || entry.kind == .symlink,
            !mountPoints.contains(path)
        else { return nil }
        let status = try Files.status(KernelPath(entry.name), in: directory.reference)
        guard status.kind == entry.kind, !wanted.contains(status.size) else { return nil }
        var attributes = Attributes.unseen(status.kind)
        attributes.size = status.size
        return .leaf(attributes, body: .unseen)
    }

    /// A new directory with all that is in it; nil where it has to be looked at.
    func listedDirectory(
        _ entry: Files.DirectoryEntry, in directory: borrowing Descriptor, at path: BytePath
    ) throws -> Node? {
        guard entry.kind == .directory, let keeper, !mountPoints.contains(path) else { return nil }
        let child = try Files.openDirectory(KernelPath(entry.name), in: directory.reference)
        // A directory that was renamed lies on what is below its old name, also where it was moved into a new one.
        guard try Xattrs.value(of: OverlayMarks.redirectName, of: child) == nil else { return nil }
        let id = ObjectID.provisional(inode: entry.inode)
        keeper.keep(try merged(child, attributes: .unseen(.directory), at: path, over: Below()), as: id)
        return .directory(id)
    }
}

extension Node {
    // Thousands of entries share these two boxes.
    fileprivate static let unseenFile = unseen(.regular)
    fileprivate static let unseenSymlink = unseen(.symlink)

    /// A file of which only the kind is known.
    fileprivate static func unseen(_ kind: FileKind) -> Node {
        .leaf(.unseen(kind), body: .unseen)
    }
}

extension Attributes {
    fileprivate static func unseen(_ kind: FileKind) -> Attributes { Attributes(kind: kind, permissions: 0) }
}
