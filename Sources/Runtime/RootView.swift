import CLinux
import Glibc
import Linux
import Model

/// A file or directory that had to be made in the root so that something could be mounted on it.
public struct MadePath: Hashable, Sendable {
    public let path: BytePath
    public let kind: FileKind

    public init(path: BytePath, kind: FileKind) {
        self.path = path
        self.kind = kind
    }
}

/// What a start makes in the root itself, parents first.
final class MadePaths {
    private(set) var mountPoints: [MadePath] = []
    /// What is made as content: no mount point.
    private var directories: [MadePath] = []

    var all: [MadePath] { mountPoints + directories }

    func note(_ path: MadePath, isContent: Bool) {
        if isContent { directories.append(path) } else { mountPoints.append(path) }
    }
}

/// A descriptor that several places refer to.
final class SharedDescriptor: Sendable {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    var reference: DirectoryReference { descriptor.reference }
}

/// The root as it will be once the planned mounts are in it: resolves paths as the container will, and makes what
/// is missing to mount on.
///
/// The content is not trusted: symlinks are read, never followed by the kernel, and `..` stops at the root.
struct RootView: ~Copyable {
    private let root: SharedDescriptor
    /// In the order of mounting. Without a descriptor the filesystem is yet to be made.
    private var mounts: [(path: BytePath, file: SharedDescriptor?, step: Int)] = []
    private let made: MadePaths
    /// Whose root what is made belongs to.
    private let identities: Identities

    init(root: SharedDescriptor, made: MadePaths, identities: Identities) {
        self.root = root
        self.made = made
        self.identities = identities
    }

    /// What stands at a path that ``place(_:as:)`` gave, to read; nil in a filesystem that is yet to be made.
    func openDirectory(_ path: BytePath) throws(SystemError) -> SharedDescriptor? {
        let around = around(path)
        guard let file = around.file else { return nil }
        return SharedDescriptor(
            try Files.openDirectory(
                KernelPath(relative: around.rest), in: file.reference, resolve: [.beneath, .noSymlinks, .noMagicLinks]))
    }

    /// Opens a path that ``place(_:as:isContent:)`` gave, to mount on it.
    func openPlace(_ path: BytePath) throws(SystemError) -> Descriptor {
        let around = around(path)
        guard let file = around.file else { throw SystemError("mount at", path.displayed, .noEntry) }
        return try Files.open(
            KernelPath(relative: around.rest), in: file.reference, flags: O_PATH,
            resolve: [.beneath, .noSymlinks, .noMagicLinks])
    }

    /// Notes that `file` will be mounted at a path that ``place(_:as:)`` gave.
    /// - Parameter step: the number of the step that does it.
    mutating func mount(_ file: SharedDescriptor?, at path: BytePath, in step: Int) {
        mounts.append((path, file, step))
    }

    /// The step that mounts what a path without symlinks is in, nil for the root, and whether what is there can be seen already.
    func step(around path: BytePath) -> (step: Int?, isSeen: Bool) {
        guard let mount = mounts.last(where: { path.isWithin($0.path) }) else { return (nil, true) }
        return (mount.step, mount.file != nil)
    }

    /// Where `path` leads: a path without symlinks. What is missing is made, directories on the way, and at the end
    /// a directory or an empty file. What is there has to be as much of a directory as `kind` is: EISDIR, ENOTDIR.
    func place(
        _ path: BytePath, as kind: FileKind, isContent: Bool = false
    ) throws(SystemError) -> BytePath {
        if let found = try plainKind(path) {
            try check(found, as: kind, path)
            return path
        }
        var walk = Walk(path: path, start: Step(name: nil, file: root, isRoot: true))
        while let name = walk.next() {
            let reached = walk.reached.appending(name)
            if let mount = mounts.last(where: { $0.path == reached }) {
                walk.enter(Step(name: name, file: mount.file, isRoot: false))
            } else if let directory = walk.last.file {
                let isMade = try step(to: name, reached, from: directory, as: walk.isAtEnd ? kind : .directory, &walk)
                if isMade {
                    made.note(MadePath(path: reached, kind: walk.isAtEnd ? kind : .directory), isContent: isContent)
                }
            } else {
                // In a filesystem that is not made yet: the kernel resolves it then, inside the root.
                walk.enter(Step(name: name, file: nil, isRoot: false))
            }
        }
        if let file = walk.last.file { try check(try file.descriptor.status().kind, as: kind, path) }
        return walk.reached
    }

    private func check(_ found: FileKind, as kind: FileKind, _ path: BytePath) throws(SystemError) {
        if (found == .directory) == (kind == .directory) { return }
        throw SystemError("mount at", path.displayed, found == .directory ? .isDirectory : .notDirectory)
    }

    /// The kind of what stands at a path as the container will see it, for telling of a failure; nil where nothing does, in
    /// a filesystem that is yet to be made, and where it can't be looked at. Changes nothing.
    func kind(at path: BytePath) -> FileKind? {
        let around = around(path)
        guard let file = around.file else { return nil }
        do throws(SystemError) {
            return try Files.open(
                KernelPath(relative: around.rest), in: file.reference, flags: O_PATH, resolve: [.inRoot, .noMagicLinks]
            ).status().kind
        } catch { return nil }
    }

    /// Makes a directory and those above it where they are missing. That is content, no mount point.
    func makeDirectory(_ path: BytePath) throws(SystemError) {
        _ = try place(path, as: .directory, isContent: true)
    }

    /// The kind of what stands at a path without symlinks, which one call can tell; nil where there is none or a symlink.
    private func plainKind(_ path: BytePath) throws(SystemError) -> FileKind? {
        let around = around(path)
        // A filesystem that is not made yet: only its root is certain.
        guard let file = around.file else { return around.rest.isRoot ? .directory : nil }
        do throws(SystemError) {
            return try Files.open(
                KernelPath(relative: around.rest), in: file.reference, flags: O_PATH,
                resolve: [.beneath, .noSymlinks, .noMagicLinks]
            ).status().kind
        } catch {
            switch error.errno {
            case .noEntry, .loop, .notDirectory: return nil
            default: throw error
            }
        }
    }

    /// The topmost mount that a path without symlinks is in, and the path from there.
    private func around(_ path: BytePath) -> (file: SharedDescriptor?, rest: BytePath) {
        guard let mount = mounts.last(where: { path.isWithin($0.path) }) else { return (root, path) }
        return (mount.file, BytePath(Array(path.names.dropFirst(mount.path.names.count))))
    }

    /// - Returns: whether something was made in the root itself.
    private func step(
        to name: ByteName, _ path: BytePath, from directory: SharedDescriptor, as kind: FileKind, _ walk: inout Walk
    ) throws(SystemError) -> Bool {
        var isMade = false
        if try Files.statusIfPresent(KernelPath(name), in: directory.reference) == nil {
            try identities.makingAsRoot { () throws(SystemError) in try make(name, in: directory, as: kind) }
            isMade = walk.last.isRoot
        }
        let file = try Files.open(KernelPath(name), in: directory.reference, flags: O_PATH | O_NOFOLLOW)
        if try file.status().kind == FileKind.symlink {
            try walk.follow(try Files.readLink("", in: file.reference), at: path)
        } else {
            walk.enter(Step(name: name, file: SharedDescriptor(file), isRoot: walk.last.isRoot))
        }
        return isMade
    }

    /// The directory keeps its modification time: the container's user has changed nothing in it.
    private func make(_ name: ByteName, in directory: SharedDescriptor, as kind: FileKind) throws(SystemError) {
        let before = try directory.descriptor.status().modified
        let path = KernelPath(name)
        if kind == .directory {
            try Files.makeDirectory(path, in: directory.reference, mode: 0o755)
            let made = try Files.openDirectory(path, in: directory.reference)
            try permit(0o755, made)
        } else {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            try permit(0o644, try Files.open(path, in: directory.reference, flags: flags, mode: 0o644))
        }
        try Files.setModified(".", in: directory.reference, before)
    }

    /// Gives back what the caller's umask has taken away. By descriptor: in a directory of the host somebody else may
    /// have put a symlink in place of what was just made.
    private func permit(_ permissions: UInt16, _ file: borrowing Descriptor) throws(SystemError) {
        let raw = file.raw
        if try file.status().permissions == permissions { return }
        try system("change permissions of", "mount point") { fchmod(raw, UInt32(permissions)) }
    }
}

/// One directory or file on a walk.
private struct Step {
    /// Nil for the root.
    let name: ByteName?
    let file: SharedDescriptor?
    /// Whether it is in the root filesystem itself.
    let isRoot: Bool
}

/// A path being resolved name by name.
private struct Walk {
    private var steps: [Step]
    private var pending: [ByteName]
    private var linksLeft = 40

    init(path: BytePath, start: Step) {
        steps = [start]
        pending = path.names.reversed()
    }

    var last: Step { steps[steps.count - 1] }
    var reached: BytePath { BytePath(steps.compactMap(\.name)) }
    var isAtEnd: Bool { pending.isEmpty }

    /// The next name to enter; `..` is carried out here.
    mutating func next() -> ByteName? {
        while let name = pending.popLast() {
            if name != ".." { return name }
            if steps.count > 1 { steps.removeLast() }
        }
        return nil
    }

    mutating func enter(_ step: Step) { steps.append(step) }

    mutating func follow(_ target: [UInt8], at path: BytePath) throws(SystemError) {
        guard linksLeft > 0 else { throw SystemError("resolve", path.displayed, .loop) }
        linksLeft -= 1
        if target.first == UInt8(ascii: "/") { steps.removeSubrange(1...) }
        let names = target.split(separator: UInt8(ascii: "/")).map { ByteName($0) }
        pending += names.filter { $0 != "." }.reversed()
    }
}
