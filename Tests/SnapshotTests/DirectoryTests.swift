import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("Directories")
struct DirectoryTests {
    @Test("come back from the store, and equal ones have equal ids")
    func roundTrip() throws {
        let fixture = try Fixture()
        var generator = SplitMix(seed: 3)
        var stored: [(Directory, ObjectID)] = []
        for _ in 0..<30 {
            let writer = try fixture.store.writer()
            let record = randomRecord(&generator)
            var directory = Directory(attributes: record.directory)
            for (name, attributes) in record.entries {
                let body = attributes.hasBody ? try writer.add(.blob, name.bytes) : .emptyBlob
                directory.set(name, to: .leaf(attributes, body: body))
            }
            directory.set(randomName(&generator), to: .directory(try writer.add(Directory.empty)))
            stored.append((directory, try writer.add(directory)))
            try writer.finish()
        }
        for (directory, id) in stored {
            #expect(try fixture.store.directory(id) == directory)
            #expect(try ScratchObjects(over: fixture.store).add(directory) == id)
        }
        #expect(Set(stored.map(\.1)).count == stored.count)
        #expect(try fixture.fsck() == "")
    }

    @Test("are found along a path")
    func nodeAtPath() throws {
        let fixture = try Fixture()
        let objects = ScratchObjects(over: fixture.store)
        let file = Node.leaf(Attributes(kind: .regular, permissions: 0o644), body: .emptyBlob)
        var inner = Directory.empty
        inner.set("file", to: file)
        var root = Directory.empty
        root.set("inner", to: .directory(try objects.add(inner)))
        let id = try objects.add(root)
        #expect(try objects.node(at: path("inner/file"), in: id) == file)
        #expect(try objects.node(at: .root, in: id) == .directory(id))
        #expect(try objects.node(at: path("inner/none"), in: id) == nil)
        #expect(try objects.node(at: path("inner/file/below"), in: id) == nil)
    }

    @Test("change one entry at a time")
    func setting() {
        let node = Node.leaf(Attributes(kind: .fifo, permissions: 0), body: .emptyBlob)
        var directory = Directory.empty
        for name in ["m", "a", "z", "m"] as [ByteName] { directory.set(name, to: node) }
        #expect(directory.entries.map(\.name) == ["a", "m", "z"])
        directory.set("m", to: nil)
        directory.set("none", to: nil)
        #expect(directory.entries.map(\.name) == ["a", "z"])
        #expect(directory["m"] == nil && directory["z"] == node)
    }

    /// A tree whose parts do not fit each other.
    struct Misfit: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var record: String? = ". d 0755 0 0 0 0\na f 0644 0 0 0 0\n"
        var recordMode = TreeEntry.Mode.file
        var entries: [(TreeEntry.Mode, ByteName)] = [(.file, "a")]
        var body = "a body"
    }

    static let misfits = [
        Misfit(testDescription: "a line without its entry", entries: []),
        Misfit(testDescription: "an entry without its line", entries: [(.file, "a"), (.file, "b")]),
        Misfit(testDescription: "an executable that the record knows as none", entries: [(.executable, "a")]),
        Misfit(testDescription: "a symlink that the record knows as a file", entries: [(.symlink, "a")]),
        Misfit(testDescription: "a directory that the record knows as a file", entries: [(.tree, "a")]),
        Misfit(testDescription: "no record", record: nil),
        Misfit(testDescription: "an executable record", recordMode: .executable),
        Misfit(testDescription: "a symlink for a record", recordMode: .symlink),
        Misfit(testDescription: "a damaged record", record: ". d 0755 0 0 0 0\na f 0644 0 0 0\n"),
        Misfit(testDescription: "a FIFO with a body", record: ". d 0755 0 0 0 0\na p 0644 0 0 0 0\n"),
        Misfit(
            testDescription: "a name that should be escaped", record: ". d 0755 0 0 0 0\n.git f 0644 0 0 0 0\n",
            entries: [(.file, ".git")]),
        Misfit(
            testDescription: "a name that need not be escaped", record: ". d 0755 0 0 0 0\na f 0644 0 0 0 0\n",
            entries: [(.file, ".varve.a")]),
        Misfit(
            testDescription: "an escape that is none", record: ". d 0755 0 0 0 0\n.git% f 0644 0 0 0 0\n",
            entries: [(.file, ".varve..git%2")]),
        Misfit(
            testDescription: "a slash in an escape", record: ". d 0755 0 0 0 0\n.git f 0644 0 0 0 0\n",
            entries: [(.file, ".varve..git%2f")]),
    ]

    @Test("are refused where their parts do not fit", arguments: misfits)
    func refused(misfit: Misfit) throws {
        let fixture = try Fixture()
        let objects = ScratchObjects(over: fixture.store)
        let body = try objects.add(.blob, Array(misfit.body.utf8))
        let empty = try objects.add(Directory.empty)
        var entries = misfit.entries.map { TreeEntry(mode: $0, name: $1, id: $0 == .tree ? empty : body) }
        if let record = misfit.record {
            let id = try objects.add(.blob, Array(record.utf8))
            entries.append(TreeEntry(mode: misfit.recordMode, name: StoredName.record, id: id))
        }
        let tree = try objects.add(.tree, try Tree.encode(entries))
        #expect {
            try objects.directory(tree)
        } throws: { error in
            guard case SnapshotError.corrupt(tree, _) = error else { return false }
            return true
        }
    }

    @Test("whose record is not in the store can't be read")
    func missingRecord() throws {
        let fixture = try Fixture()
        let objects = ScratchObjects(over: fixture.store)
        let entry = TreeEntry(mode: .file, name: StoredName.record, id: ObjectID(hashing: .blob, [1, 2, 3]))
        let tree = try objects.add(.tree, try Tree.encode([entry]))
        #expect {
            try objects.directory(tree)
        } throws: { ($0 as? StoreError)?.cause == .missing }
    }
}
