import Glibc
import Linux
import Model

/// A filesystem as somebody sees it: the host's, with paths from the working directory, or a container's, in which no path
/// leads out of its root and `/` is that root.
final class FilesystemView {
    private let start: Descriptor
    private let resolution: Resolution
    /// In a container's view, where paths from its root begin; nothing in the host's.
    private let prefix: [UInt8]
    let isContainer: Bool
    /// Who is who in the view; empty where everybody has the same number as here.
    let ids: [IDRange]

    /// The host's.
    init() throws(SystemError) {
        start = try Files.open(".", flags: Files.placeOnly | O_DIRECTORY)
        resolution = []
        prefix = []
        isContainer = false
        ids = []
    }

    /// - Parameter root: a container's root directory. What is in it is not trusted, and may change at any time.
    init(root: consuming Descriptor, ids: [IDRange] = []) {
        start = root
        resolution = [.inRoot, .noMagicLinks]
        prefix = [UInt8(ascii: "/")]
        isContainer = true
        self.ids = ids
    }

    /// Where a path leads: an entry of a directory that is open from then on.
    struct Location: ~Copyable {
        let parent: Descriptor
        /// `.` where the path is a directory by its last component already (`/`, `a/..`).
        let name: ByteName
        /// Nil where nothing is there.
        let status: FileStatus?
        /// The directory's path, from which more can be looked up in the same view.
        let parentPath: [UInt8]

        /// The path of what is there.
        var path: [UInt8] { parentPath + [UInt8(ascii: "/")] + name.bytes }
    }

    /// - Parameter isFollowing: whether a symlink in the last place is followed too.
    /// - Throws: where there is no directory to look in.
    func locate(_ path: [UInt8], isFollowing: Bool) throws(SystemError) -> Location {
        var path = prefix + path
        // As many as the kernel follows (path_resolution(7)).
        for _ in 0..<40 {
            let (parentPath, name) = Self.split(path)
            let parent = try open(parentPath, flags: Files.placeOnly | O_DIRECTORY)
            let status = try Files.statusIfPresent(KernelPath(name), in: parent.reference)
            guard isFollowing, let found = status, found.kind == .symlink else {
                return Location(parent: parent, name: name, status: status, parentPath: parentPath)
            }
            let target: [UInt8]
            do throws(SystemError) { target = try Files.readLink(KernelPath(name), in: parent.reference) } catch {
                // It is a symlink no more.
                if error.errno == .invalid { continue }
                throw error
            }
            path = target.first == UInt8(ascii: "/") ? target : parentPath + [UInt8(ascii: "/")] + target
        }
        throw SystemError("find", Escaping.displayed(path), .loop)
    }

    /// Opens what `path` leads to.
    func open(_ path: [UInt8], flags: Int32) throws(SystemError) -> Descriptor {
        var failure = SystemError("open", Escaping.displayed(path), .wouldBlock)
        // The kernel gives up where something on the way is renamed meanwhile (openat2(2), EAGAIN).
        for _ in 0..<100 {
            do throws(SystemError) {
                return try Files.open(KernelPath(path), in: start.reference, flags: flags, resolve: resolution)
            } catch {
                failure = SystemError("open", Escaping.displayed(path), error.errno)
                if error.errno != .wouldBlock { throw failure }
            }
        }
        throw failure
    }

    /// The directory and the name in it that a path has; the path itself and `.` where its last component is no name.
    private static func split(_ path: [UInt8]) -> (parent: [UInt8], name: ByteName) {
        let slash = UInt8(ascii: "/")
        let end = path.lastIndex { $0 != slash }.map { $0 + 1 } ?? 0
        let start = path[..<end].lastIndex(of: slash).map { $0 + 1 } ?? 0
        let name = ByteName(path[start..<end])
        guard name.isEntryName else { return (path.isEmpty ? [UInt8(ascii: ".")] : path, ".") }
        return (start == 0 ? [UInt8(ascii: ".")] : Array(path[..<start]), name)
    }
}

extension FilesystemView {
    /// Attributes that were read here, with the owners' numbers as the container has them. Who is nobody in there stays who the
    /// kernel makes of nobody.
    func inside(_ attributes: Attributes) -> Attributes {
        if ids.isEmpty { return attributes }
        var inside = attributes
        (inside.uid, inside.gid) = (
            ids.container(of: attributes.uid) ?? 65534, ids.container(of: attributes.gid) ?? 65534
        )
        return inside
    }

    /// Attributes with the owners' numbers of the container, as they have to be set here; nil where it has no such number.
    func outside(_ attributes: Attributes) -> Attributes? {
        if ids.isEmpty { return attributes }
        guard let uid = ids.host(of: attributes.uid), let gid = ids.host(of: attributes.gid) else { return nil }
        var outside = attributes
        (outside.uid, outside.gid) = (uid, gid)
        return outside
    }
}
