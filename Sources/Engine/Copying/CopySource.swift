import Images
import Linux
import Model
import Snapshot

/// What takes files one after another, directories before what is in them.
protocol CopySink: AnyObject {
    /// - Parameter entry: with a path below what is copied to.
    func add(_ entry: TarEntry, body: borrowing CopyBody) throws
    /// All has been added.
    func finish() throws
    /// Nothing more will be added, since something failed: what has been is brought to its end, as far as that can be.
    func finishWhatIsThere()
    /// What could not be kept, so far, with paths below what is copied to.
    var leftOut: [LeftOut] { get set }
}

/// A regular file's content on its way.
enum CopyBody: ~Copyable {
    case none
    /// Open for reading.
    case file(Descriptor)
    /// The current entry of an archive.
    case archived(TarReader)
}

/// Reads files and directories for copying. Whoever else may change them meanwhile can make the copy a mixture, but has no
/// other file copied: each is looked up by its name in a directory that is open, and no symlink is followed.
struct CopySource {
    private let sink: any CopySink
    private struct Inode: Hashable {
        let filesystem: DeviceNumber
        let number: UInt64
    }
    /// Where files with several names were copied to first.
    private var copied: [Inode: BytePath] = [:]

    /// Of whom files are copied.
    private let view: FilesystemView
    /// As it was typed.
    private let source: CopyPath
    /// What the source is in the copy.
    private let top: BytePath

    /// - Parameter copy: what the source is below what is copied to.
    init(_ source: CopyPath, from view: FilesystemView, to sink: any CopySink, as copy: BytePath) {
        self.source = source
        self.view = view
        self.sink = sink
        self.top = copy
    }

    /// What was left out, by its path in the source.
    var leftOut: [CopyLeftOut] {
        sink.leftOut.map { CopyLeftOut(path: path($0.path), reason: $0.reason) }
    }

    /// Where in the source something is that has this path in the copy.
    private func path(_ path: BytePath) -> String {
        let rest = BytePath(Array(path.names.dropFirst(top.names.count)))
        if rest.isRoot { return Escaping.displayed(source.bytes) }
        return Escaping.displayed(source.withoutEnd + rest.bytes)
    }

    /// Copies an entry of a directory, with all that is below it.
    mutating func copy(_ name: ByteName, in directory: DirectoryReference) throws {
        let path = top
        do { try copy(name, in: directory, as: path, isAskedFor: true) } catch {
            sink.finishWhatIsThere()
            throw error
        }
        try sink.finish()
    }

    private mutating func copy(
        _ name: ByteName, in directory: DirectoryReference, as path: BytePath, isAskedFor: Bool
    ) throws {
        try Interrupts.check()
        do throws(SnapshotError) { try path.checkDepth() } catch {
            throw EngineError.refused(
                "copy", subject: "\(self.path(path))", reason: "it is more than 512 directories deep")
        }
        let node = try FoundFile.find(KernelPath(name), in: directory)
        var entry = TarEntry(path: path, attributes: view.inside(try node.attributes()))
        switch entry.attributes.kind {
        case .directory: try copyDirectory(node, entry, isAskedFor: isAskedFor)
        case .regular where try node.isOfKernel(): try copyKernels(node, &entry, isAskedFor: isAskedFor)
        case .regular: try copyRegular(node, &entry)
        case .symlink:
            let target = try node.symlinkTarget()
            entry.symlinkTarget = target
            entry.attributes.size = UInt64(target.count)
            try sink.add(entry, body: .none)
        default: try sink.add(entry, body: .none)
        }
    }

    private mutating func copyDirectory(
        _ node: borrowing FoundFile, _ entry: TarEntry, isAskedFor: Bool
    ) throws {
        try sink.add(entry, body: .none)
        // What is in there are no files; nobody means it who asks for a directory above it.
        if try !isAskedFor && node.isOfKernel() { return }
        let directory = try node.openForReading()
        for name in try Files.names(in: directory).sorted() {
            do {
                try copy(name, in: directory.reference, as: entry.path.appending(name), isAskedFor: false)
            } catch let error as SystemError where error.errno == .noEntry {
                // Removed since it was listed.
            }
        }
    }

    private mutating func copyRegular(_ node: borrowing FoundFile, _ entry: inout TarEntry) throws {
        let status = try node.descriptor.status()
        if status.linkCount > 1 {
            let inode = Inode(filesystem: status.filesystem, number: status.inode)
            if let first = copied[inode] {
                entry.hardLinkTarget = first
                entry.attributes.size = 0
                return try sink.add(entry, body: .none)
            }
            copied[inode] = entry.path
        }
        let file = try node.openForReading()
        entry.attributes.size = try file.status().size
        entry.attributes.holes = try file.holes(size: entry.attributes.size)
        try sink.add(entry, body: .file(file))
    }

    /// A file that the kernel makes up when it is read: its size says nothing. Many can't be read, or not now, which is told and
    /// keeps nothing else from being copied.
    private func copyKernels(_ node: borrowing FoundFile, _ entry: inout TarEntry, isAskedFor: Bool) throws {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try node.openForReading().readAll(limit: Self.longestOfKernel)
        } catch {
            try Interrupts.check()
            let reason = "the kernel does not let it be read: \(error.cause)"
            if isAskedFor { throw EngineError.refused("copy", subject: "\(path(entry.path))", reason: reason) }
            return sink.leftOut.append(LeftOut(path: entry.path, reason: reason))
        }
        let content = try Files.makeInMemory("varve-copy")
        try content.write(bytes)
        (entry.attributes.size, entry.attributes.holes) = (UInt64(bytes.count), [])
        try sink.add(entry, body: .file(content))
    }

    /// Some, such as `/proc/kcore`, would give all of the memory.
    private static let longestOfKernel = 64 << 20
}

/// What could not be copied, or not all of it.
public struct CopyLeftOut: Sendable, Hashable {
    /// In the source, as it was typed.
    public let path: String
    public let reason: String
}

extension CopySource {
    /// Copies the entries of an archive.
    static func copy(archive: TarReader, to sink: any CopySink) throws {
        do {
            while let entry = try archive.next() {
                try Interrupts.check()
                let hasBody = entry.attributes.kind == .regular && entry.hardLinkTarget == nil
                try sink.add(entry, body: hasBody ? .archived(archive) : .none)
            }
        } catch {
            sink.finishWhatIsThere()
            throw error
        }
        try sink.finish()
    }
}
