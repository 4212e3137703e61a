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
    /// With ``givesProvisionalIDs``: how closely to look at what is new.
    public var newFiles = NewFiles.seen
    /// Where each inode with several names was met first.
    private var firstPaths: [Inode: BytePath] = [:]
    /// The root's tree below an upper directory.
    var base = ObjectID.emptyTree
    /// What was made in the upper directory only to mount something on it.
    var mountPoints: Set<BytePath> = []
    /// Takes the directories of a look that gives provisional ids: they are never written and read again.
    var keeper: (any ProvisionalSource)? { givesProvisionalIDs ? provisionalSink : nil }
    private let provisionalSink: (any ProvisionalSource)?

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
        provisionalSink = sink as? any ProvisionalSource
        self.index = index
        self.isStored = isStored
    }

    /// Captures a directory with all that is below it.
    /// - Returns: the id of its tree.
    public func directory(_ directory: borrowing Descriptor) throws -> ObjectID {
        let found = try Found(".", in: directory, isUpper: false).checked(at: .root)
        return try plain(directory, attributes: found.attributes, at: .root)
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
            return try leaf(name, found, in: directory, at: path)
        }
        let child = try Files.openDirectory(KernelPath(name), in: directory.reference)
        return .directory(try plain(child, attributes: found.attributes, at: path))
    }

    // MARK: Everything else

    /// - Parameter former: what the file could still be, where provisional ids are given.
    func leaf(
        _ name: ByteName, _ found: Found, in directory: borrowing Descriptor, at path: BytePath,
        unlessNew former: [Node?] = []
    ) throws -> Node {
        var attributes = found.attributes
        switch attributes.kind {
        case .regular:
            let body = try body(name, found.status, in: directory, unlessNew: former)
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
        _ name: ByteName, _ status: FileStatus, in directory: borrowing Descriptor, unlessNew former: [Node?]
    ) throws -> FileIndex.Body {
        if let known = index.body(of: status), try isStored(known.id, status.size, known.holes) { return known }
        if givesProvisionalIDs, !former.contains(where: { status.hasSize(of: $0) }) {
            return FileIndex.Body(id: .provisional(for: status))
        }
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
    func linked(_ attributes: Attributes, _ body: ObjectID, _ status: FileStatus, at path: BytePath) -> Node {
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
    func retrying<Result>(_ path: BytePath, _ look: () throws -> Result?) throws -> Result? {
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
