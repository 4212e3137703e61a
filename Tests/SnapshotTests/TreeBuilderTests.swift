import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("Building a tree from entries")
struct TreeBuilderTests {
    let fixture: Fixture
    let objects: ScratchObjects
    let file = Attributes(kind: .regular, permissions: 0o644)

    init() throws {
        fixture = try Fixture()
        objects = ScratchObjects(over: fixture.store)
    }

    @Test("gives the same tree in any order")
    func anyOrder() throws {
        var generator = SplitMix(seed: 11)
        var entries: [(BytePath, Attributes)] = [(.root, Attributes(kind: .directory, permissions: 0o700))]
        for directory in ["a", "a/b", "a/b/c", ".git", "z"] {
            entries.append((try path(directory), Attributes(kind: .directory, permissions: 0o750)))
            for name in ["one", ".git", "b.txt", "b0"] { entries.append((try path("\(directory)/\(name)"), file)) }
        }
        var ids: Set<ObjectID> = []
        for _ in 0..<20 {
            let builder = TreeBuilder()
            for (path, attributes) in entries.shuffled(using: &generator) {
                if attributes.kind == .directory {
                    try builder.addDirectory(path, attributes)
                } else {
                    try builder.addLeaf(path, attributes, body: .emptyBlob)
                }
            }
            ids.insert(try builder.write(to: objects))
        }
        #expect(ids.count == 1)
        let flat = try Flat(try #require(ids.first), in: objects)
        #expect(flat.files.mapValues(\.attributes) == Dictionary(uniqueKeysWithValues: entries))
    }

    @Test("makes missing parents, and takes the last word about a directory")
    func parents() throws {
        let builder = TreeBuilder()
        try builder.addLeaf(path("a/b/file"), file, body: .emptyBlob)
        try builder.addDirectory(path("a"), Attributes(kind: .directory, permissions: 0o711))
        try builder.addDirectory(path("a"), Attributes(kind: .directory, permissions: 0o700, uid: 5))
        let flat = try Flat(try builder.write(to: objects), in: objects)
        #expect(try flat.files[path("a")]?.attributes == Attributes(kind: .directory, permissions: 0o700, uid: 5))
        #expect(try flat.files[path("a/b")]?.attributes == Directory.empty.attributes)
        #expect(try flat.files[path("a/b/file")]?.attributes == file)
    }

    @Test("puts hard links into one group")
    func hardLinks() throws {
        let builder = TreeBuilder()
        try builder.addLeaf(path("d/one"), file, body: .emptyBlob)
        try builder.addHardLink(path("two"), to: path("d/one"))
        try builder.addHardLink(path("three"), to: path("two"))
        try builder.addLeaf(path("other"), file, body: .emptyBlob)
        let flat = try Flat(try builder.write(to: objects), in: objects)
        #expect(try flat.links == [[path("d/one"), path("two"), path("three")]])
    }

    private func expectRefusal(at refused: String, saying reason: String, _ act: (TreeBuilder) throws -> Void) throws {
        let builder = TreeBuilder()
        try builder.addLeaf(path("file"), file, body: .emptyBlob)
        try builder.addLeaf(path("link"), Attributes(kind: .symlink, permissions: 0o777), body: .emptyBlob)
        try builder.addDirectory(path("directory"), Directory.empty.attributes)
        let expected = try path(refused)
        #expect {
            try act(builder)
        } throws: { error in
            guard case SnapshotError.conflict(expected, let text) = error else { return false }
            return text.contains(reason)
        }
    }

    @Test("refuses what contradicts itself, by name")
    func refusals() throws {
        try expectRefusal(at: "file", saying: "twice") { try $0.addLeaf(path("file"), file, body: .emptyBlob) }
        try expectRefusal(at: "directory", saying: "twice") {
            try $0.addLeaf(path("directory"), file, body: .emptyBlob)
        }
        try expectRefusal(at: "file", saying: "twice") { try $0.addDirectory(path("file"), Directory.empty.attributes) }
        try expectRefusal(at: "link/x", saying: "/link, which is a symlink") {
            try $0.addLeaf(path("link/x"), file, body: .emptyBlob)
        }
        try expectRefusal(at: "file/x", saying: "/file, which is no directory") {
            try $0.addDirectory(path("file/x"), Directory.empty.attributes)
        }
        try expectRefusal(at: "x", saying: "/none") { try $0.addHardLink(path("x"), to: path("none")) }
        try expectRefusal(at: "x", saying: "/directory") { try $0.addHardLink(path("x"), to: path("directory")) }
        try expectRefusal(at: "x", saying: "/link/y") { try $0.addHardLink(path("x"), to: path("link/y")) }
        try expectRefusal(at: "file", saying: "twice") { try $0.addHardLink(path("file"), to: path("link")) }
        try expectRefusal(at: "/", saying: "root") { try $0.addLeaf(.root, file, body: .emptyBlob) }
    }

    @Test("refuses a path that nests deeper than the stack may go")
    func depth() throws {
        let deep = BytePath([ByteName](repeating: "d", count: 100_000))
        #expect(throws: SnapshotError.self) { try TreeBuilder().addDirectory(deep, Directory.empty.attributes) }
        let allowed = TreeBuilder()
        try allowed.addDirectory(
            BytePath([ByteName](repeating: "d", count: 512)), Directory.empty.attributes)
        #expect(try Flat(try allowed.write(to: objects), in: objects).files.count == 513)
    }
}
