import Glibc
import Images
import Linux
import Model

/// Copies into a directory. A file appears under its name when it is whole, in place of what was there; directories get
/// their attributes when all is copied.
///
/// In a container's directory its processes may do what they like meanwhile: names are looked up inside its root, and what
/// is made is reached by descriptor from then on.
final class CopyTarget: CopySink {
    let view: FilesystemView
    /// The directory that is copied into, as `view` looks it up.
    private let base: [UInt8]
    /// What becomes of a file's attributes; nil where it is left out.
    private let adapt: (Attributes) -> Attributes?
    var leftOut: [LeftOut] = []
    /// Directories that are to get attributes at the end, held from when they were found or made: by their names the container
    /// could put others in their place.
    private var directories: [(path: BytePath, attributes: Attributes, descriptor: SharedDescriptor)] = []
    /// The directory that the last entry went into.
    private var current: (path: BytePath, descriptor: SharedDescriptor)?
    /// The directory that is copied into, where it is new and gets attributes too.
    private let made: SharedDescriptor?

    final class SharedDescriptor {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

        /// - Parameter isNew: whether it is made, for its maker alone.
        static func directory(
            _ name: ByteName, in parent: borrowing Descriptor, isNew: Bool
        ) throws(SystemError) -> SharedDescriptor {
            if isNew { try Files.makeDirectory(KernelPath(name), in: parent.reference, mode: 0o700) }
            let flags = Files.placeOnly | O_DIRECTORY | O_NOFOLLOW
            return SharedDescriptor(try Files.open(KernelPath(name), in: parent.reference, flags: flags))
        }
    }

    init(
        _ base: [UInt8], in view: FilesystemView, made: SharedDescriptor? = nil,
        adapting adapt: @escaping (Attributes) -> Attributes?
    ) {
        self.base = base
        self.view = view
        self.made = made
        self.adapt = adapt
    }

    func add(_ entry: TarEntry, body: borrowing CopyBody) throws {
        guard let adapted = adapt(entry.attributes) else {
            leftOut.append(LeftOut(path: entry.path, reason: "it is a device, which only -a and tar files carry"))
            return
        }
        guard let attributes = view.outside(adapted) else {
            throw refusal(entry.path, "its owner has no number in the container's user namespace")
        }
        guard let name = entry.path.last else {
            if let made { directories.append((.root, attributes, made)) }
            return
        }
        let parent = try directory(entry.path.parent)
        let found = try Files.statusIfPresent(KernelPath(name), in: parent.descriptor.reference)
        if attributes.kind == .directory, entry.hardLinkTarget == nil {
            if let found, found.kind != .directory {
                throw refusal(entry.path, "a directory was to be copied there, and there is something else")
            }
            if directories.count > Self.heldAtATime {
                try OpenFiles.allowMost()
                try finish { !entry.path.isWithin($0) }
            }
            let held = try SharedDescriptor.directory(name, in: parent.descriptor, isNew: found == nil)
            directories.append((entry.path, attributes, held))
            return
        }
        if found?.kind == .directory {
            throw refusal(entry.path, "a file was to be copied there, and there is a directory")
        }
        if found?.isMountRoot == true { return try writeInPlace(name, in: parent.descriptor, entry, body) }
        try put(name, in: parent.descriptor, entry, attributes, body, isNew: found == nil)
    }

    /// Those of which no more are held, if others are finished: what is read comes directory by directory.
    private static let heldAtATime = 256

    func finish() throws { try finish { _ in true } }

    func finishWhatIsThere() {
        // The error that comes before is the one to tell.
        while !directories.isEmpty { do { try finish() } catch {} }
    }

    private func finish(_ isMeant: (BytePath) -> Bool) throws {
        // Those deeper down first: making an entry changes the time of the directory that it is in.
        for index in directories.indices.reversed() where isMeant(directories[index].path) {
            let (path, attributes, held) = directories.remove(at: index)
            // Those were there, and belong to nobody.
            if try held.descriptor.isOfKernel() { continue }
            try apply(attributes, to: held.descriptor, at: path)
        }
    }

    func refusal(_ path: BytePath, _ reason: String) -> EngineError {
        let place = BytePath(CopyPath.names(self.path(of: path))).bytes
        return .refused(
            "copy", subject: Escaping.displayed(view.isContainer ? place : self.path(of: path)), reason: reason)
    }

    private func path(of path: BytePath) -> [UInt8] { path.isRoot ? base : base + path.bytes }

    // MARK: Directories

    /// In a container's directory symlinks on the way count, as they do for its own processes: an archive may have
    /// `lib/x` where `/lib` is one. On the host there are none on the way but those that the container has brought.
    private func open(_ path: BytePath, flags: Int32) throws(SystemError) -> Descriptor {
        if view.isContainer { return try view.open(self.path(of: path), flags: flags) }
        let top = try view.open(base, flags: Files.placeOnly | O_DIRECTORY)
        return try Files.open(
            KernelPath(relative: path), in: top.reference, flags: flags, resolve: [.beneath, .noSymlinks])
    }

    /// The directory at a path below the base, made where it is missing: archives need not have them.
    func directory(_ path: BytePath) throws -> SharedDescriptor {
        if let current, current.path == path { return current.descriptor }
        let opened: Descriptor
        do throws(SystemError) { opened = try open(path, flags: O_RDONLY | O_DIRECTORY) } catch {
            guard error.errno == .noEntry, let name = path.last else { throw error }
            let above = try directory(path.parent)
            try Files.makeDirectory(KernelPath(name), in: above.descriptor.reference, mode: 0o755)
            opened = try Files.openDirectory(KernelPath(name), in: above.descriptor.reference)
        }
        let shared = SharedDescriptor(opened)
        current = (path, shared)
        return shared
    }
}
