import Glibc
import Linux
import Model
import ObjectStore

/// Turns files on disk into trees: a plain directory, or the upper directory of an overlay over the tree that it
/// lies on. Only what is in the directory is read; of the tree below it, only the directories on the way.
public final class Capture {
    let source: any ObjectSource
    let sink: any ObjectSink
    /// Whether a body that the index knows needs no reading.
    private let isStored: (ObjectID, _ size: UInt64, _ holes: [Range<UInt64>]) throws -> Bool
    public private(set) var index: FileIndex
    /// Told where each regular file's body can be read: for sinks that keep no bodies.
    public var located: ((ObjectID, BytePath) -> Void)?
    /// Whether a file is read only where its content could be that of the entry below it. All others get a
    /// provisional id, which no body has: enough to tell that there is something new, in proportion to the number of
    /// files and not to their sizes. For sinks that keep no bodies.
    public var givesProvisionalIDs = false
    /// With ``givesProvisionalIDs``: whether what is in a directory that has no like in the tree below is told by name and
    /// kind alone, without a look at any of its files.
    public var listsNewDirectories = false
    /// Where each inode with several names was met first.
    private var firstPaths: [Inode: BytePath] = [:]
    private var base = ObjectID.emptyTree

    private struct Inode: Hashable {
        let filesystem: DeviceNumber
        let number: UInt64
    }

    /// - Parameters:
    ///   - source: where the trees below an upper directory are read.
    ///   - sink: where trees, records and bodies go.
    ///   - isStored: says of a body from `index` that `sink` does not need it again.
    public init(
        from source: any ObjectSource, to sink: any ObjectSink, index: FileIndex,
        isStored: @escaping (ObjectID, _ size: UInt64, _ holes: [Range<UInt64>]) throws -> Bool
    ) {
        self.source = source
        self.sink = sink
        self.index = index
        self.isStored = isStored
    }

    /// Captures a directory with all that is below it.
    /// - Returns: the id of its tree.
    public func directory(_ directory: borrowing Descriptor) throws -> ObjectID {
        let found = try Found(".", in: directory, isUpper: false).checked(at: .root)
        return try plain(directory, attributes: found.attributes, at: .root)
    }

    /// Captures what an overlay shows: its upper directory over the tree `base`.
    /// - Parameter mountPoints: files and directories that were made in the upper directory only to mount something
    ///   on them. While they are empty they count as not there.
    /// - Returns: the id of the merged root's tree.
    public func upper(
        _ upper: borrowing Descriptor, over base: ObjectID, leavingOut mountPoints: Set<BytePath> = []
    ) throws -> ObjectID {
        self.base = base
        let found = try Found(".", in: upper, isUpper: true).checked(at: .root)
        return try sink.add(
            try merged(
                upper, attributes: found.attributes, at: .root, base: try source.directory(base),
                leavingOut: mountPoints))
    }

    // MARK: Directories

    private func plain(_ directory: borrowing Descriptor, attributes: Attributes, at path: BytePath) throws -> ObjectID
    {
        try path.checkDepth()
        var result = Directory(attributes: attributes)
        for name in try Files.names(in: directory).sorted() {
            let childPath = path.appending(name)
            guard let node = try retrying(childPath, { try plainNode(name, in: directory, at: childPath) }) else {
                continue
            }
            result.entries.append(Entry(name: name, node: node))
        }
        return try sink.add(result)
    }

    private func plainNode(_ name: ByteName, in directory: borrowing Descriptor, at path: BytePath) throws -> Node {
        let found = try Found(name, in: directory, isUpper: false).checked(at: path)
        guard found.status.kind == .directory else {
            if found.status.isWhiteout {
                throw SnapshotError.unsupported(
                    path, "a character device 0:0 is what overlayfs marks removed files with")
            }
            return try leaf(name, found, in: directory, at: path, below: nil)
        }
        let child = try Files.openDirectory(KernelPath(name), in: directory.reference)
        return .directory(try plain(child, attributes: found.attributes, at: path))
    }

    private func merged(
        _ directory: borrowing Descriptor, attributes: Attributes, at path: BytePath, base: Directory?,
        leavingOut mountPoints: Set<BytePath>
    ) throws -> Directory {
        try path.checkDepth()
        var result = Directory(attributes: attributes)
        var unchanged = (base?.entries ?? [])[...]
        for name in try Files.names(in: directory).sorted() {
            while let entry = unchanged.first, entry.name < name { result.entries.append(unchanged.removeFirst()) }
            if unchanged.first?.name == name { unchanged.removeFirst() }
            let childPath = path.appending(name)
            let node = try retrying(childPath) {
                try mergedNode(name, in: directory, at: childPath, base: base, leavingOut: mountPoints)
            }
            if let node {
                result.entries.append(Entry(name: name, node: node))
            }
        }
        result.entries += unchanged
        return result
    }

    /// What is in a directory that came as a whole. Overlayfs marks removed files with devices, so these are looked at.
    private func listed(
        _ directory: borrowing Descriptor, attributes: Attributes, at path: BytePath,
        leavingOut mountPoints: Set<BytePath>
    ) throws -> Directory {
        try path.checkDepth()
        var result = Directory(attributes: attributes)
        for entry in try Files.entries(in: directory).sorted(by: { $0.name < $1.name }) {
            let childPath = path.appending(entry.name)
            let node: Node?
            switch entry.kind {
            case .regular? where !mountPoints.contains(childPath), .symlink?, .fifo?, .socket?:
                let unseen = Attributes(kind: entry.kind ?? .regular, permissions: 0)
                node = .leaf(unseen, body: .provisional(inode: entry.inode))
            default:
                node = try retrying(childPath) {
                    try mergedNode(entry.name, in: directory, at: childPath, base: nil, leavingOut: mountPoints)
                }
            }
            if let node { result.entries.append(Entry(name: entry.name, node: node)) }
        }
        return result
    }

    /// What the overlay shows under a name that is in the upper directory; nil where that is nothing.
    private func mergedNode(
        _ name: ByteName, in directory: borrowing Descriptor, at path: BytePath, base: Directory?,
        leavingOut mountPoints: Set<BytePath>
    ) throws -> Node? {
        let found = try Found(name, in: directory, isUpper: true).checked(at: path)
        if found.status.isWhiteout { return nil }
        guard found.status.kind == .directory else {
            if mountPoints.contains(path), base?[name] == nil, found.status.kind == .regular, found.status.size == 0 {
                return nil
            }
            if found.overlay.isMetacopy {
                let lower = try lowerNode(name, found.overlay, base: base)
                return try metacopy(found, of: lower, at: path)
            }
            return try leaf(name, found, in: directory, at: path, below: base?[name])
        }
        let child = try Files.openDirectory(KernelPath(name), in: directory.reference)
        var lower: Directory?
        if !found.overlay.isOpaque, case .directory(let tree)? = try lowerNode(name, found.overlay, base: base) {
            lower = try source.directory(tree)
        }
        let isListed = givesProvisionalIDs && listsNewDirectories && lower == nil && base?[name] == nil
        let content =
            isListed
            ? try listed(child, attributes: found.attributes, at: path, leavingOut: mountPoints)
            : try merged(child, attributes: found.attributes, at: path, base: lower, leavingOut: mountPoints)
        if mountPoints.contains(path), base?[name] == nil, content.entries.isEmpty { return nil }
        if givesProvisionalIDs, lower == nil, let keeper = sink as? any ProvisionalSource {
            let id = ObjectID.provisional(for: found.status)
            keeper.keep(content, as: id)
            return .directory(id)
        }
        return .directory(try sink.add(content))
    }

    /// What an upper entry lies on: the entry of the same name, or the one that it was renamed from
    /// (overlayfs.rst, "Redirect directories" and "Metadata only copy up").
    private func lowerNode(_ name: ByteName, _ overlay: OverlayMarks, base: Directory?) throws -> Node? {
        guard let redirect = overlay.redirect else { return base?[name] }
        guard redirect.first == UInt8(ascii: "/") else { return base?[ByteName(redirect)] }
        guard let path = BytePath(parsing: redirect) else { return nil }
        return try source.node(at: path, in: self.base)
    }

    // MARK: Everything else

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

    private func leaf(
        _ name: ByteName, _ found: Found, in directory: borrowing Descriptor, at path: BytePath, below: Node?
    ) throws -> Node {
        var attributes = found.attributes
        switch attributes.kind {
        case .regular:
            let body = try body(name, found.status, in: directory, below: below)
            attributes.size = found.status.size
            attributes.holes = body.holes
            located?(body.id, path)
            return linked(attributes, body.id, found.status, at: path)
        case .symlink:
            let target = try Files.readLink(KernelPath(name), in: directory.reference)
            attributes.size = UInt64(target.count)
            return linked(attributes, try sink.add(.blob, target), found.status, at: path)
        default:
            return linked(attributes, .emptyBlob, found.status, at: path)
        }
    }

    private func body(
        _ name: ByteName, _ status: FileStatus, in directory: borrowing Descriptor, below: Node?
    ) throws -> FileIndex.Body {
        if let known = index.body(of: status), try isStored(known.id, status.size, known.holes) { return known }
        if givesProvisionalIDs, !status.hasSize(of: below) { return FileIndex.Body(id: .provisional(for: status)) }
        let file = try Files.open(
            KernelPath(name), in: directory.reference, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        let holes = try file.holes(size: status.size)
        let body = FileIndex.Body(
            id: try sink.addBody(from: file, size: status.size, holes: holes), holes: holes)
        guard try file.status() == status else { throw ChangedMeanwhile() }
        index.remember(body, of: status)
        return body
    }

    /// The node of a file, in a link group where its inode has several names.
    private func linked(_ attributes: Attributes, _ body: ObjectID, _ status: FileStatus, at path: BytePath) -> Node {
        guard status.linkCount > 1 else { return .leaf(attributes, body: body) }
        let inode = Inode(filesystem: status.filesystem, number: status.inode)
        let first = firstPaths[inode] ?? path
        firstPaths[inode] = first
        var attributes = attributes
        attributes.linkGroup = .named(by: first, attributes, body: body, in: base)
        return .leaf(attributes, body: body)
    }

    // MARK: A filesystem that is in use

    /// The file is not what it was when the look at it began.
    private struct ChangedMeanwhile: Error {}

    /// How opening and reading fail on a name that stands for another kind of file by now.
    private static let otherKind: Set<Errno> = [.notDirectory, .loop, .invalid, .noAddress]

    /// Looks again where a file changed under the look; nil where it is gone.
    private func retrying<Result>(_ path: BytePath, _ look: () throws -> Result?) throws -> Result? {
        var refusal: SystemError?
        for _ in 0..<4 {
            do { return try look() } catch is ChangedMeanwhile {
                continue
            } catch let error as SystemError where error.errno == .noEntry {
                return nil
            } catch let error as SystemError where Self.otherKind.contains(error.errno) {
                refusal = error
            } catch let error as StoreError {
                guard case .changed = error.cause else { throw error }
                continue
            }
        }
        if let refusal { throw SnapshotError.system(refusal) }
        throw SnapshotError.conflict(path, "it changes faster than it can be read; stop or pause what writes to it")
    }
}
