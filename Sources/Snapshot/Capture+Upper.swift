import Linux
import Model
import ObjectStore

extension Capture {
    /// What an upper directory is compared with, entry by entry.
    struct Below {
        /// What the overlay shows through it; nil where that is nothing.
        var shown: Directory?
        /// What stands at the same path in the base: something else where the directory was renamed or made anew.
        /// Only of interest where provisional ids are given.
        var former: Directory?

        func has(_ name: ByteName) -> Bool { shown?[name] != nil || former?[name] != nil }
    }

    /// Captures what an overlay shows: its upper directory over the tree `base`.
    /// - Parameter mountPoints: files and directories that were made in the upper directory only to mount something
    ///   on them. While they are empty they count as not there.
    /// - Returns: the id of the merged root's tree.
    public func upper(
        _ upper: borrowing Descriptor, over base: ObjectID, leavingOut mountPoints: Set<BytePath> = []
    ) throws -> ObjectID {
        self.base = base
        self.mountPoints = mountPoints
        let found = try Found(".", in: upper, isUpper: true).checked(at: .root)
        let below = try directory(below: base)
        let content = try merged(
            upper, attributes: found.attributes, at: .root, over: Below(shown: below, former: below))
        return try add(content, found.status, over: below, base)
    }

    func merged(
        _ directory: borrowing Descriptor, attributes: Attributes, at path: BytePath, over below: Below
    ) throws -> Directory {
        try path.checkDepth()
        var found = try Files.entries(in: directory)
        found.sort { $0.name < $1.name }
        let shown = below.shown?.entries ?? []
        var next = 0
        var result = Directory(attributes: attributes)
        result.entries.reserveCapacity(shown.count + found.count)
        for entry in found {
            let start = next
            while next < shown.count, shown[next].name < entry.name { next += 1 }
            result.entries += shown[start..<next]
            if next < shown.count, shown[next].name == entry.name { next += 1 }
            if let node = try node(entry, in: directory, at: path, over: below) {
                result.entries.append(Entry(name: entry.name, node: node))
            }
        }
        result.entries += shown[next...]
        return result
    }

    private func node(
        _ entry: Files.DirectoryEntry, in directory: borrowing Descriptor, at parent: BytePath, over below: Below
    ) throws -> Node? {
        let isListed = newFiles != .seen && givesProvisionalIDs && !below.has(entry.name)
        if isListed, newFiles == .listed, let leaf = listedLeaf(entry, in: parent) { return leaf }
        let path = parent.appending(entry.name)
        return try retrying(path) {
            if isListed, let leaf = try sizedLeaf(entry, in: directory, at: path) { return leaf }
            if isListed, let listed = try listedDirectory(entry, in: directory, at: path) { return listed }
            return try mergedNode(entry.name, in: directory, at: path, over: below)
        }
    }

    /// What the overlay shows under a name that is in the upper directory; nil where that is nothing.
    private func mergedNode(
        _ name: ByteName, in directory: borrowing Descriptor, at path: BytePath, over below: Below
    ) throws -> Node? {
        let found = try Found(name, in: directory, isUpper: true).checked(at: path)
        if found.status.isWhiteout { return nil }
        let isMountPoint = mountPoints.contains(path) && below.shown?[name] == nil
        guard found.status.kind == .directory else {
            if isMountPoint, found.status.kind == .regular, found.status.size == 0 { return nil }
            if found.overlay.isMetacopy {
                let lower = try lowerNode(name, found.overlay, base: below.shown)
                return try metacopy(found, of: lower, at: path)
            }
            let former = givesProvisionalIDs ? [below.shown?[name], below.former?[name]] : []
            return try leaf(name, found, in: directory, at: path, unlessNew: former)
        }
        let child = try Files.openDirectory(KernelPath(name), in: directory.reference)
        let lower = found.overlay.isOpaque ? nil : try lowerNode(name, found.overlay, base: below.shown)?.tree
        var childBelow = Below()
        childBelow.shown = try lower.map(self.directory(below:))
        if givesProvisionalIDs, let former = below.former?[name]?.tree {
            childBelow.former = former == lower ? childBelow.shown : try self.directory(below: former)
        }
        let content = try merged(child, attributes: found.attributes, at: path, over: childBelow)
        if isMountPoint, content.entries.isEmpty { return nil }
        return .directory(try add(content, found.status, over: childBelow.shown, lower))
    }

    private func directory(below tree: ObjectID) throws -> Directory {
        if let kept = keeper?.kept(tree) { return kept }
        let directory = try source.directory(tree)
        // Whoever compares needs the same directories: decoding them is a quarter of a look's work.
        keeper?.keep(directory, as: tree)
        return directory
    }

    /// - Parameters:
    ///   - lower: what the directory lies on.
    ///   - tree: the id of that.
    private func add(
        _ content: Directory, _ status: FileStatus, over lower: Directory?, _ tree: ObjectID?
    ) throws -> ObjectID {
        guard let keeper else { return try sink.add(content) }
        if let tree, content == lower { return tree }
        let id = ObjectID.provisional(for: status)
        keeper.keep(content, as: id)
        return id
    }

    /// What an upper entry lies on: the entry of the same name, or the one that it was renamed from
    /// (overlayfs.rst, "Redirect directories" and "Metadata only copy up").
    private func lowerNode(_ name: ByteName, _ overlay: OverlayMarks, base: Directory?) throws -> Node? {
        guard let redirect = overlay.redirect else { return base?[name] }
        guard redirect.first == UInt8(ascii: "/") else { return base?[ByteName(redirect)] }
        guard let path = BytePath(parsing: redirect) else { return nil }
        return try source.node(at: path, in: self.base)
    }

    /// A file with new attributes whose content is still that of the file below: no byte of it is read.
    private func metacopy(_ found: Found, of lower: Node?, at path: BytePath) throws -> Node {
        guard case .leaf(let below, let body)? = lower, below.kind == .regular, below.size == found.status.size else {
            throw SnapshotError.conflict(path, "its content is not in the tree that the container was started from")
        }
        var attributes = found.attributes
        attributes.size = below.size
        attributes.holes = below.holes
        return linked(attributes, body, found.status, at: path)
    }
}

extension Node {
    /// The tree of a directory; nil for anything else.
    fileprivate var tree: ObjectID? {
        if case .directory(let tree) = self { tree } else { nil }
    }
}
