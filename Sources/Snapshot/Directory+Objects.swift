import Model
import ObjectStore

extension ObjectSource {
    /// Reads one directory: its git tree and the record in it, which have to tell the same names and kinds.
    public func directory(_ id: ObjectID) throws -> Directory {
        if let source = self as? any ProvisionalSource, let kept = source.kept(id) { return kept }
        func corrupt(_ reason: String) -> SnapshotError { .corrupt(id, reason) }

        var stored = try Tree.decode(try read(id, as: .tree), id: id)
        guard let recordIndex = stored.firstIndex(where: { $0.name == StoredName.record }) else {
            throw corrupt("it has no \(StoredName.record) record, so it is no directory of a snapshot")
        }
        let recordEntry = stored.remove(at: recordIndex)
        guard recordEntry.mode == .file else { throw corrupt("its record is no plain file") }
        let recordBytes = try read(recordEntry.id, as: .blob)
        let record: Record
        do throws(Record.Malformed) {
            record = try Record(decoding: recordBytes)
        } catch { throw corrupt(error.description) }

        var directories: [Entry] = []
        var leaves: [(name: ByteName, entry: TreeEntry)] = []
        leaves.reserveCapacity(stored.count)
        for entry in stored {
            guard let name = StoredName.decode(entry.name), name.isEntryName else {
                throw corrupt("bad entry name \(entry.name)")
            }
            if entry.mode == .tree {
                directories.append(Entry(name: name, node: .directory(entry.id)))
            } else {
                leaves.append((name, entry))
            }
        }
        // Git sorts by stored names, and directories as if they ended in a slash: nearly the same order.
        directories.sortIfNeeded { $0.name < $1.name }
        leaves.sortIfNeeded { $0.name < $1.name }
        guard leaves.count == record.entries.count else {
            throw corrupt("its record tells of \(record.entries.count) files, not of \(leaves.count)")
        }

        var directory = Directory(attributes: record.directory)
        directory.entries.reserveCapacity(stored.count)
        var pending = directories[...]
        for ((name, entry), (recorded, attributes)) in zip(leaves, record.entries) {
            guard name == recorded else { throw corrupt("\(min(name, recorded)) is in only one of tree and record") }
            guard entry.mode == attributes.treeMode else { throw corrupt("\(name) has another mode in the record") }
            guard attributes.hasBody || entry.id == .emptyBlob else { throw corrupt("\(name) has a body") }
            while let next = pending.first, next.name < name { directory.entries.append(pending.removeFirst()) }
            guard pending.first?.name != name else { throw corrupt("\(name) is both a directory and something else") }
            directory.entries.append(Entry(name: name, node: .leaf(attributes, body: entry.id)))
        }
        directory.entries += pending
        return directory
    }

    /// The node at `path` below the tree `root`; nil where there is none.
    public func node(at path: BytePath, in root: ObjectID) throws -> Node? {
        var node = Node.directory(root)
        for name in path.names {
            guard case .directory(let tree) = node, let next = try directory(tree)[name] else { return nil }
            node = next
        }
        return node
    }
}

extension ObjectSink {
    /// Writes one directory, whose subdirectories and bodies are written already.
    /// - Returns: the id of its tree.
    public func add(_ directory: Directory) throws -> ObjectID {
        var record = Record(directory: directory.attributes, entries: [])
        var stored: [TreeEntry] = []
        stored.reserveCapacity(directory.entries.count + 1)
        for entry in directory.entries {
            let name = StoredName.encode(entry.name)
            switch entry.node {
            case .directory(let tree):
                stored.append(TreeEntry(mode: .tree, name: name, id: tree))
            case .leaf(let attributes, let body):
                record.entries.append((entry.name, attributes))
                stored.append(TreeEntry(mode: attributes.treeMode, name: name, id: body))
            }
        }
        let recordID = try add(.blob, record.encoded())
        stored.append(TreeEntry(mode: .file, name: StoredName.record, id: recordID))
        return try add(.tree, try Tree.encode(stored))
    }
}

extension Attributes {
    /// Whether the file has a body in the sense of ``Node/leaf(_:body:)``.
    public var hasBody: Bool { kind == .regular || kind == .symlink }

    /// The mode of the git tree entry: what git has no mode for stands as an empty plain file.
    fileprivate var treeMode: TreeEntry.Mode {
        switch kind {
        case .directory: .tree
        case .symlink: .symlink
        case .regular where permissions & 0o100 != 0: .executable
        default: .file
        }
    }
}

extension Array {
    /// Sorts what is not in strictly ascending order already.
    fileprivate mutating func sortIfNeeded(by precedes: (Element, Element) -> Bool) {
        for index in indices.dropFirst() where !precedes(self[index - 1], self[index]) { return sort(by: precedes) }
    }
}
