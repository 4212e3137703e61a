import Glibc
import Images
import Linux
import Model
import ObjectStore
import Snapshot

/// What came of an import.
public struct ImportResult: Sendable {
    public let commit: ObjectID
    /// False where the tag's commit has this very content already.
    public let isNew: Bool
}

extension Repository {
    /// Makes a root filesystem, from a tar file in any compression or from a directory, the next commit of a tag.
    /// - Parameters:
    ///   - file: open for reading: a tar file, a pipe of one, or a directory.
    ///   - name: what the file is called, for messages.
    ///   - changes: to the config of the tag's commit, or to an empty one.
    ///   - progress: called now and then with how many bytes of a tar file's content have been read.
    public func importRoot(
        _ file: consuming Descriptor, named name: String, to tag: TagName, message: String?,
        changes: [ConfigChange] = [], by author: Signature, progress: ((UInt64) -> Void)? = nil
    ) throws -> ImportResult {
        let store = try store()
        let parent = try store.ref(tag.ref)
        let writer = try store.writer()
        let fs: ObjectID
        if try file.status().kind == .directory {
            let capture = Capture(
                from: store, to: writer, index: FileIndex(now: .distantPast), isStored: { _, _, _ in false })
            fs = try capture.directory(file)
        } else {
            fs = try Self.readTar(file, named: name, to: writer, progress)
        }
        let before = try parent.flatMap { try content(of: $0).config }
        let config = try changed(
            try before ?? writer.add(.blob, PlainConfig.json.canonical()), by: changes, to: writer)
        let made = CommitContent(fs: fs, config: config)
        if let parent {
            let there = try content(of: parent)
            if there.fs == fs, there.config == config {
                // There may be something all the same: what was damaged, or lost.
                try writer.finish()
                return ImportResult(commit: parent, isNew: false)
            }
        }
        let commit = Commit(
            tree: try made.write(to: writer), parents: parent.map { [$0] } ?? [], author: author, committer: author,
            message: CommitMessage.encode(message ?? "import \(name)"))
        let id = try writer.add(.commit, commit.encoded)
        try move(
            "import \(tag): \(name)", [RefMove(ref: tag.ref, old: parent, new: id)], writer: writer, by: author)
        return ImportResult(commit: id, isNew: true)
    }

    private static func readTar(
        _ file: consuming Descriptor, named name: String, to writer: ObjectWriter, _ progress: ((UInt64) -> Void)?
    ) throws -> ObjectID {
        let reader = try TarReader(reading: file, name: name, accounts: try hostAccounts())
        let builder = TreeBuilder()
        var total: UInt64 = 0
        while let entry = try reader.next() {
            if let progress { progress(total) }
            do {
                try place(entry, in: builder, bodiesTo: writer) { buffer in
                    let count = try reader.read(into: buffer)
                    total += UInt64(count)
                    if let progress { progress(total) }
                    return count
                }
            } catch let error as SnapshotError {
                guard case .conflict(_, let reason) = error else { throw error }
                let entryName = Escaping.displayed(Array(entry.path.bytes.dropFirst()))
                throw EngineError.refused("read archive", subject: "\(name): entry '\(entryName)'", reason: reason)
            }
        }
        return try builder.write(to: writer)
    }

    /// GNU tar took the names in access control lists from the machine that made the archive, and a root filesystem is
    /// mostly made on the machine that imports it.
    private static func hostAccounts() throws -> Accounts {
        func contents(_ path: String) throws(SystemError) -> [UInt8] {
            do throws(SystemError) { return try Files.open(KernelPath(path), flags: O_RDONLY).readAll() } catch {
                if error.errno == .noEntry { return [] }
                throw error
            }
        }
        return Accounts(passwd: try contents("/etc/passwd"), group: try contents("/etc/group"))
    }

    private static func place(
        _ entry: TarEntry, in builder: TreeBuilder, bodiesTo writer: ObjectWriter,
        read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        if let target = entry.hardLinkTarget { return try builder.addHardLink(entry.path, to: target) }
        switch entry.attributes.kind {
        case .directory: try builder.addDirectory(entry.path, entry.attributes)
        case .regular:
            let body = try writer.addBody(
                size: entry.attributes.size, holes: entry.attributes.holes, read: read)
            try builder.addLeaf(entry.path, entry.attributes, body: body)
        case .symlink:
            let body = try writer.add(.blob, entry.symlinkTarget ?? [])
            try builder.addLeaf(entry.path, entry.attributes, body: body)
        default: try builder.addLeaf(entry.path, entry.attributes, body: .emptyBlob)
        }
    }
}
