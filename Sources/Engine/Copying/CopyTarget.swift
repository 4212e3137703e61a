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
    private let view: FilesystemView
    /// The directory that is copied into, as `view` looks it up.
    private let base: [UInt8]
    /// What becomes of a file's attributes; nil where it is left out.
    private let adapt: (Attributes) -> Attributes?
    private(set) var leftOut: [LeftOut] = []
    /// Directories that are to get attributes at the end.
    private var directories: [(path: BytePath, attributes: Attributes)] = []
    /// The directory that the last entry went into.
    private var current: (path: BytePath, descriptor: SharedDescriptor)?
    /// Whether the directory that is copied into gets attributes too.
    private let isNew: Bool

    private final class SharedDescriptor {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    init(
        _ base: [UInt8], in view: FilesystemView, isNew: Bool, adapting adapt: @escaping (Attributes) -> Attributes?
    ) {
        self.base = base
        self.view = view
        self.isNew = isNew
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
            if isNew { directories.append((.root, attributes)) }
            return
        }
        let parent = try directory(entry.path.parent)
        let found = try Files.statusIfPresent(KernelPath(name), in: parent.descriptor.reference)
        if attributes.kind == .directory, entry.hardLinkTarget == nil {
            if found == nil {
                try Files.makeDirectory(KernelPath(name), in: parent.descriptor.reference, mode: 0o700)
            } else if found?.kind != .directory {
                throw refusal(entry.path, "a directory was to be copied there, and there is something else")
            }
            directories.append((entry.path, attributes))
            return
        }
        if found?.kind == .directory {
            throw refusal(entry.path, "a file was to be copied there, and there is a directory")
        }
        try replace(name, in: parent.descriptor, entry, attributes, body)
    }

    func finish() throws {
        // Those deeper down first: making an entry changes the time of the directory that it is in.
        for (path, attributes) in directories.reversed() {
            let directory = try open(path, flags: Files.placeOnly | O_DIRECTORY | (path.isRoot ? 0 : O_NOFOLLOW))
            try apply(attributes, to: directory, at: path)
        }
    }

    private func refusal(_ path: BytePath, _ reason: String) -> EngineError {
        .refused("copy", subject: Escaping.displayed(self.path(of: path)), reason: reason)
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
    private func directory(_ path: BytePath) throws -> SharedDescriptor {
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

    // MARK: Files

    /// Makes the file under another name first, and takes that away where it fails.
    private func replace(
        _ name: ByteName, in parent: borrowing Descriptor, _ entry: TarEntry, _ attributes: Attributes,
        _ body: borrowing CopyBody
    ) throws {
        let temporary = KernelPath(".varve-copy.\(Repository.randomHex(8))")
        let directory = parent.reference
        do {
            if let target = entry.hardLinkTarget {
                try link(target, to: temporary, in: directory)
            } else {
                try make(temporary, in: directory, entry, attributes, body)
            }
            try Files.rename(temporary, in: directory, to: KernelPath(name), in: directory)
            // The rename of one name of a file to another does nothing (rename(2)).
            if entry.hardLinkTarget != nil { try Files.discard(temporary, in: directory) }
        } catch {
            // The first error is the one to tell.
            do throws(SystemError) { try Files.discard(temporary, in: directory) } catch {}
            throw error
        }
    }

    private func link(_ target: BytePath, to path: KernelPath, in parent: DirectoryReference) throws {
        guard let name = target.last else { throw refusal(target, "it is no file to link to") }
        let directory = try directory(target.parent)
        try Files.link(KernelPath(name), in: directory.descriptor.reference, to: path, in: parent)
    }

    private func make(
        _ path: KernelPath, in directory: DirectoryReference, _ entry: TarEntry, _ attributes: Attributes,
        _ body: borrowing CopyBody
    ) throws {
        switch attributes.kind {
        case .regular:
            let file = try Files.open(
                path, in: directory, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            try write(body, entry.attributes, to: file)
            return try apply(attributes, to: file, at: entry.path)
        case .symlink: try Files.makeSymlink(path, in: directory, target: KernelPath(entry.symlinkTarget ?? []))
        default:
            try Files.makeNode(
                path, in: directory, mode: attributes.kind.modeBits | 0o600,
                device: attributes.device ?? DeviceNumber(major: 0, minor: 0))
        }
        let node = try FoundFile.find(path, in: directory)
        guard try node.descriptor.status().kind == attributes.kind else {
            throw refusal(entry.path, "it was replaced while it was copied")
        }
        try apply(attributes, to: node.descriptor, at: entry.path)
    }

    private func apply(_ attributes: Attributes, to file: borrowing Descriptor, at path: BytePath) throws {
        for name in try file.apply(attributes) {
            leftOut.append(LeftOut(path: path, reason: "the filesystem takes no attribute \(name)"))
        }
    }

    private func write(_ body: borrowing CopyBody, _ attributes: Attributes, to file: borrowing Descriptor) throws {
        switch body {
        case .none: break
        case .file(let source): try source.copy(to: file, size: attributes.size, holes: attributes.holes)
        case .archived(let archive): try write(archive, attributes, to: file)
        }
    }

    /// An archive gives zeros where a file has holes; they are not written.
    private func write(_ archive: TarReader, _ attributes: Attributes, to file: borrowing Descriptor) throws {
        try file.resize(to: attributes.size)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var position: UInt64 = 0
        for range in attributes.dataRanges + [attributes.size..<attributes.size] {
            while position < range.upperBound {
                let limit = position < range.lowerBound ? range.lowerBound : range.upperBound
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(UInt64(buffer.count), limit - position))])
                let count = try archive.read(into: part)
                guard count > 0 else { return }
                if position >= range.lowerBound {
                    try file.write(UnsafeRawBufferPointer(rebasing: part[..<count]), at: position)
                }
                position += UInt64(count)
            }
        }
    }
}
