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
    /// What could not be kept, so far.
    var leftOut: [LeftOut] { get }
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

    init(from view: FilesystemView, to sink: any CopySink) {
        self.view = view
        self.sink = sink
    }

    /// Copies an entry of a directory, with all that is below it.
    /// - Parameter path: what it is in the copy.
    mutating func copy(_ name: ByteName, in directory: DirectoryReference, as path: BytePath) throws {
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
        try path.checkDepth()
        let node = try FoundFile.find(KernelPath(name), in: directory)
        var entry = TarEntry(path: path, attributes: view.inside(try node.attributes()))
        switch entry.attributes.kind {
        case .directory: try copyDirectory(node, entry, isAskedFor: isAskedFor)
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
