import Erofs
import Model
import ObjectStore
import Snapshot

/// What varve itself has stored, and somebody may have damaged.
enum StoredEdges {
    /// In a tree with files of the names that the record has.
    static func takeRecord(_ bytes: [UInt8]) throws -> Bool {
        let objects = MemoryObjects()
        let recordName: ByteName = ".varve"
        var entries = [TreeEntry(mode: .file, name: recordName, id: try objects.add(.blob, bytes))]
        for line in bytes.split(separator: 0x0a).dropFirst() {
            let words = line.split(separator: 0x20)
            guard words.count > 2, case let name = ByteName(words[0]), name.isEntryName, name != recordName,
                !entries.contains(where: { $0.name == name })
            else { continue }
            let isExecutable = words[2].dropFirst().first.map { $0 & 1 == 1 } ?? false
            let mode: TreeEntry.Mode =
                words[1] == [UInt8(ascii: "l")]
                ? .symlink : words[1] == [UInt8(ascii: "f")] && isExecutable ? .executable : .file
            entries.append(TreeEntry(mode: mode, name: name, id: .emptyBlob))
        }
        let tree = try objects.add(.tree, try Tree.encode(entries))
        do {
            let directory = try objects.directory(tree)
            // It has one form.
            try Finding.expect(try objects.add(directory) == tree, "it is written as something else")
            return true
        } catch let error as SnapshotError { return try Finding.refused(error.description) }
    }

    /// Of the tree in Tests/Corpus/image.
    private static let tree = ObjectID(hex: "e7ee66d26bd02d79f7cb6d8e4f09fc539ee18c87") ?? .emptyTree

    static func takeImage(_ bytes: [UInt8]) throws -> Bool {
        do throws(ErofsError) { _ = try MetadataImage.read(bytes, tree: tree) { _ in .emptyBlob } } catch {
            return try Finding.refused(error.description)
        }
        return true
    }
}
