import Model
import ObjectStore

/// Applies the entries of one image layer to a tree (image-spec, layer.md, "Applying Changesets").
///
/// Nothing is unpacked: an entry changes a tree in memory, so no path can lead outside. What the layer doesn't touch of
/// the tree below is never read, and shared as it is.
public final class LayerBuilder {
    private let base: ObjectID?
    private let source: any ObjectSource
    private let root: LayerBranch
    /// How many directories may yet be made that have no entry of their own.
    private var room: UInt64

    /// - Parameters:
    ///   - base: the tree that the layer lies on; nil for the lowest layer.
    ///   - source: reads that tree, and the bodies of symlinks that the layer brings.
    ///   - limit: how many directories may be made that have no entry of their own: one name can ask for hundreds, which
    ///     would fill the memory.
    public init(onto base: ObjectID?, from source: any ObjectSource, limit: UInt64 = 1_000_000) {
        self.base = base
        self.source = source
        room = limit
        root = LayerBranch(below: base)
    }

    /// Places a directory. One that is there keeps its entries and gets these attributes; anything else there is replaced.
    public func addDirectory(_ path: BytePath, _ attributes: Attributes) throws {
        try path.checkDepth()
        guard let name = path.last else {
            root.attributes = attributes
            return
        }
        let parent = try parent(of: path)
        let branch: LayerBranch
        switch try parent.child(name, from: source) {
        case .branch(let existing): branch = existing
        case .leaf, nil: branch = parent.makeBranch(name)
        }
        branch.attributes = attributes
    }

    /// Places anything but a directory, in place of whatever is there.
    public func addLeaf(_ path: BytePath, _ attributes: Attributes, body: ObjectID) throws {
        guard let name = path.last else {
            throw SnapshotError.conflict(path, "the root can only be a directory")
        }
        try parent(of: path).children[name] = .leaf(attributes, body)
    }

    /// Makes `path` another name of the file at `target`, which this layer or one below has brought. A file below is found
    /// also where this layer takes its name away, so that the order of entries does not matter.
    public func addHardLink(_ path: BytePath, to target: BytePath) throws {
        guard case (var attributes, let body)? = try linkable(target) else {
            throw SnapshotError.conflict(path, "it is a hard link to \(target), which is no file")
        }
        if attributes.linkGroup == nil {
            let group = LinkGroup.named(by: target, attributes, body: body, in: base ?? .emptyTree)
            attributes.linkGroup = group
            if let name = target.last { try existingParent(of: target)?.setGroup(group, of: name) }
        }
        try addLeaf(path, attributes, body: body)
    }

    private func linkable(_ target: BytePath) throws -> (Attributes, ObjectID)? {
        if let name = target.last,
            case .leaf(let attributes, let body)? = try existingParent(of: target)?.child(
                name, from: source)
        {
            return (attributes, body)
        }
        guard let base, case .leaf(let attributes, let body)? = try source.node(at: target, in: base) else {
            return nil
        }
        return (attributes, body)
    }

    /// Takes away what the tree below has at `path`. What this layer brings there itself stays, whichever comes first.
    public func addWhiteout(_ path: BytePath) throws {
        guard let name = path.last else { throw SnapshotError.conflict(path, "the root can't be taken away") }
        guard let parent = try existingParent(of: path) else { return }
        parent.hidden.insert(name)
        if case .branch(let branch)? = parent.children[name] { branch.hideBelow() }
    }

    /// Takes away all that the tree below has in the directory at `path`, which itself stays. What this layer brings there
    /// stays, whichever comes first.
    public func addOpaque(_ path: BytePath) throws {
        guard let branch = try walk(to: path, for: path, making: false) else { return }
        branch.hideEntriesBelow()
    }

    /// Writes the trees that changed.
    /// - Returns: the id of the root's tree.
    public func write(to sink: some ObjectSink) throws -> ObjectID {
        try root.write(from: source, to: sink) ?? sink.add(Directory.empty)
    }

    // MARK: Ways through the tree

    /// The directory that holds `path`. Symlinks on the way are followed inside the root, as the tools that unpack layers
    /// do; missing directories are made.
    private func parent(of path: BytePath) throws -> LayerBranch {
        guard let branch = try walk(to: path.parent, for: path, making: true) else {
            throw SnapshotError.conflict(path, "the way to it can't be made")
        }
        return branch
    }

    private func existingParent(of path: BytePath) throws -> LayerBranch? {
        try walk(to: path.parent, for: path, making: false)
    }

    /// As the kernel does (path_resolution(7)), with the root as `/`.
    private static let maximumSymlinks = 40
    /// Names on the way to one entry, those in symlinks among them: so that a layer can't keep varve busy with few bytes.
    private static let maximumSteps = 4096

    private func walk(to directory: BytePath, for path: BytePath, making: Bool) throws -> LayerBranch? {
        var trail: [LayerBranch] = [root]
        var rest = directory.names[...]
        var symlinks = 0
        var steps = 0
        while let name = rest.popFirst() {
            steps += 1
            guard steps <= Self.maximumSteps else {
                throw SnapshotError.conflict(path, "the way to it leads through too many names")
            }
            if name == ".." {
                if trail.count > 1 { trail.removeLast() }
                continue
            }
            let here = trail[trail.count - 1]
            switch try here.child(name, from: source) {
            case .branch(let next): trail.append(next)
            case .leaf(let attributes, let body) where attributes.kind == .symlink:
                symlinks += 1
                guard symlinks <= Self.maximumSymlinks else {
                    throw SnapshotError.conflict(path, "the way to it leads through too many symlinks")
                }
                let target = try source.read(body, as: .blob)
                if target.first == UInt8(ascii: "/") { trail = [root] }
                let names = target.split(separator: UInt8(ascii: "/")).map { ByteName($0) }.filter { $0 != "." }
                rest = (names + rest)[...]
            case .leaf:
                guard making else { return nil }
                throw SnapshotError.conflict(path, "the way to it leads through '\(name)', which is no directory")
            case nil:
                guard making else { return nil }
                guard name.isEntryName else {
                    throw SnapshotError.conflict(path, "the way to it leads through a symlink to '\(name)'")
                }
                guard room > 0 else {
                    throw SnapshotError.conflict(
                        path, "too many directories on the way have no entry; --max-layer-entries N allows more")
                }
                room -= 1
                trail.append(here.makeBranch(name))
            }
            if trail.count > BytePath.maximumDepth {
                throw SnapshotError.unsupported(path, "directories nest more than \(BytePath.maximumDepth) deep there")
            }
        }
        return trail.last
    }
}
