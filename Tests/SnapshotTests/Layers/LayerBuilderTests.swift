import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("Applying a layer to a tree")
struct LayerBuilderTests {
    let fixture: Fixture
    let objects: ScratchObjects
    let base: ObjectID
    let file = Attributes(kind: .regular, permissions: 0o644)
    let directory = Attributes(kind: .directory, permissions: 0o700, uid: 7)

    init() throws {
        fixture = try Fixture()
        objects = ScratchObjects(over: fixture.store)
        let builder = TreeBuilder()
        for name in ["d/one", "d/two", "d/sub/deep", "usr/lib/a", "top"] {
            try builder.addLeaf(path(name), file, body: try objects.add(.blob, Array(name.utf8)))
        }
        try builder.addDirectory(path("d"), Attributes(kind: .directory, permissions: 0o751))
        try builder.addHardLink(path("d/three"), to: path("d/two"))
        for (name, target) in [("lib", "usr/lib"), ("abs", "/usr/../usr/./lib"), ("up", "../../usr"), ("loop", "loop")]
        {
            try builder.addLeaf(
                path(name), Attributes(kind: .symlink, permissions: 0o777, size: UInt64(target.utf8.count)),
                body: try objects.add(.blob, Array(target.utf8)))
        }
        base = try builder.write(to: objects)
    }

    /// What is there after the layer, and what was there before.
    private func applied(_ act: (LayerBuilder) throws -> Void) throws -> (new: Flat, old: Flat) {
        let builder = LayerBuilder(onto: base, from: objects)
        try act(builder)
        return (try Flat(try builder.write(to: objects), in: objects), try Flat(base, in: objects))
    }

    private func paths(_ flat: Flat, below top: String) throws -> [String] {
        let top = try path(top)
        return flat.files.keys.filter { $0.isWithin(top) && $0 != top }.sorted().map(\.displayed)
    }

    @Test("an empty layer changes nothing")
    func empty() throws {
        #expect(try LayerBuilder(onto: base, from: objects).write(to: objects) == base)
        let none = try LayerBuilder(onto: nil, from: objects).write(to: objects)
        #expect(try objects.directory(none) == Directory.empty)
    }

    @Test("a directory over a directory gives it attributes, anything else is replaced")
    func replacing() throws {
        let (new, old) = try applied {
            try $0.addDirectory(path("d"), directory)
            try $0.addDirectory(path("top"), directory)
            try $0.addLeaf(path("d/sub"), file, body: .emptyBlob)
            try $0.addDirectory(path("lib"), directory)
        }
        #expect(try new.files[path("d")]?.attributes == directory)
        #expect(try new.files[path("d/one")] == old.files[path("d/one")])
        #expect(try new.files[path("top")]?.attributes == directory)
        #expect(try new.files[path("d/sub")]?.attributes == file)
        #expect(try new.files[path("d/sub/deep")] == nil)
        #expect(try new.files[path("lib")]?.attributes == directory)
        #expect(try new.files[path("usr/lib/a")] == old.files[path("usr/lib/a")])
    }

    @Test("whiteouts take away what is below and nothing of their own layer, in any order")
    func whiteouts() throws {
        let acts: [(LayerBuilder) throws -> Void] = [
            { try $0.addWhiteout(path("d/one")) },
            { try $0.addWhiteout(path("d/sub")) },
            { try $0.addLeaf(path("d/sub/new"), file, body: .emptyBlob) },
            { try $0.addWhiteout(path("usr")) },
            { try $0.addDirectory(path("usr"), directory) },
            { try $0.addWhiteout(path("usr/lib")) },
            { try $0.addWhiteout(path("nothing/at/all")) },
            { try $0.addWhiteout(path("top/file/is/no/directory")) },
        ]
        var generator = SplitMix(seed: 3)
        for _ in 0..<30 {
            let order = acts.shuffled(using: &generator)
            let (new, _) = try applied { builder in for act in order { try act(builder) } }
            #expect(try paths(new, below: "d") == ["/d/sub", "/d/sub/new", "/d/three", "/d/two"])
            #expect(try paths(new, below: "usr") == [])
            #expect(try new.files[path("usr")]?.attributes == directory)
            #expect(try new.files[path("nothing")] == nil)
        }
        #expect(throws: SnapshotError.self) { try applied { try $0.addWhiteout(.root) } }
    }

    @Test("an opaque directory hides what is below it and keeps its attributes, wherever it stands in the layer")
    func opaque() throws {
        let acts: [(LayerBuilder) throws -> Void] = [
            { try $0.addOpaque(path("d")) },
            { try $0.addLeaf(path("d/new"), file, body: .emptyBlob) },
            { try $0.addDirectory(path("d/sub"), directory) },
            { try $0.addOpaque(path("not/there")) },
        ]
        var generator = SplitMix(seed: 4)
        for _ in 0..<30 {
            let order = acts.shuffled(using: &generator)
            let (new, old) = try applied { builder in for act in order { try act(builder) } }
            #expect(try paths(new, below: "d") == ["/d/new", "/d/sub"])
            #expect(try new.files[path("d")] == old.files[path("d")])
            #expect(try new.files[path("not")] == nil)
        }
        let (all, _) = try applied { try $0.addOpaque(.root) }
        #expect(all.files.count == 1)
    }

    @Test("a file taken away with its directory, and the directory that comes again, are new")
    func again() throws {
        let (new, _) = try applied {
            try $0.addLeaf(path("d"), file, body: .emptyBlob)
            try $0.addDirectory(path("d"), directory)
        }
        #expect(try paths(new, below: "d") == [])
    }

    @Test("symlinks on the way are followed inside the root, the last name never")
    func symlinks() throws {
        let (new, old) = try applied {
            try $0.addLeaf(path("lib/b"), file, body: .emptyBlob)
            try $0.addLeaf(path("abs/c"), file, body: .emptyBlob)
            try $0.addLeaf(path("up/lib/d"), file, body: .emptyBlob)
            try $0.addWhiteout(path("lib/a"))
        }
        #expect(try paths(new, below: "usr/lib") == ["/usr/lib/b", "/usr/lib/c", "/usr/lib/d"])
        #expect(try new.files[path("lib")] == old.files[path("lib")])
        let (own, _) = try applied {
            let target = try objects.add(.blob, Array("d".utf8))
            try $0.addLeaf(path("own"), Attributes(kind: .symlink, permissions: 0o777, size: 1), body: target)
            try $0.addLeaf(path("own/x"), file, body: .emptyBlob)
        }
        #expect(try own.files[path("d/x")]?.attributes == file)
    }

    @Test("hard links reach files of the layers below, and stay links of all their names")
    func hardLinks() throws {
        let (new, old) = try applied {
            try $0.addHardLink(path("d/four"), to: path("d/two"))
            try $0.addHardLink(path("other"), to: path("lib/a"))
        }
        #expect(
            try new.links == [
                [path("d/two"), path("d/three"), path("d/four")], [path("usr/lib/a"), path("other")],
            ])
        #expect(try new.files[path("other")] == old.files[path("usr/lib/a")])
    }

    @Test("a hard link to a file below outlives that file's name, in any order")
    func hardLinkAndWhiteout() throws {
        let hidings: [(LayerBuilder) throws -> Void] = [
            { try $0.addWhiteout(path("d/one")) }, { try $0.addOpaque(path("d")) }, { try $0.addWhiteout(path("d")) },
        ]
        for hide in hidings {
            for isFirst in [true, false] {
                let (new, old) = try applied {
                    if isFirst { try hide($0) }
                    try $0.addHardLink(path("new"), to: path("d/one"))
                    try $0.addHardLink(path("newer"), to: path("d/one"))
                    if !isFirst { try hide($0) }
                }
                #expect(try new.files[path("d/one")] == nil)
                #expect(try new.files[path("new")] == old.files[path("d/one")])
                #expect(try new.links.contains([path("new"), path("newer")]))
            }
        }
    }

    @Test("an opaque mark behind a symlink is that of the directory")
    func opaqueBehindSymlink() throws {
        let (new, _) = try applied {
            try $0.addOpaque(path("lib"))
            try $0.addLeaf(path("lib/b"), file, body: .emptyBlob)
        }
        #expect(try paths(new, below: "usr/lib") == ["/usr/lib/b"])
    }

    @Test("makes no more directories without entries than it may")
    func impliedDirectories() throws {
        let builder = LayerBuilder(onto: base, from: objects, limit: 3)
        try builder.addLeaf(path("new/a/x"), file, body: .emptyBlob)
        try builder.addLeaf(path("new/a/y"), file, body: .emptyBlob)
        try builder.addDirectory(path("own"), directory)
        try builder.addLeaf(path("own/z"), file, body: .emptyBlob)
        try builder.addLeaf(path("d/sub/z"), file, body: .emptyBlob)
        try builder.addWhiteout(path("not/there/at/all"))
        try builder.addLeaf(path("new/b/x"), file, body: .emptyBlob)
        let error = #expect(throws: SnapshotError.self) {
            try builder.addLeaf(path("new/c/x"), file, body: .emptyBlob)
        }
        #expect(error?.description.contains("too many directories on the way have no entry") == true)
    }

    @Test("refuses what no tree can be made of, by name")
    func refusals() throws {
        func expectRefusal(at refused: String, saying reason: String, _ act: (LayerBuilder) throws -> Void) throws {
            let expected = try path(refused)
            #expect {
                _ = try applied(act)
            } throws: { error in
                guard case SnapshotError.conflict(expected, let text) = error else { return false }
                return text.contains(reason)
            }
        }
        try expectRefusal(at: "top/x", saying: "'top', which is no directory") {
            try $0.addLeaf(path("top/x"), file, body: .emptyBlob)
        }
        try expectRefusal(at: "loop/x", saying: "too many symlinks") {
            try $0.addDirectory(path("loop/x"), directory)
        }
        try expectRefusal(at: "x", saying: "/none") { try $0.addHardLink(path("x"), to: path("none")) }
        try expectRefusal(at: "x", saying: "/d,") { try $0.addHardLink(path("x"), to: path("d")) }
        try expectRefusal(at: "/", saying: "root") { try $0.addLeaf(.root, file, body: .emptyBlob) }
        let deep = BytePath([ByteName](repeating: "d", count: 600))
        #expect(throws: SnapshotError.self) { try applied { try $0.addDirectory(deep, directory) } }
    }
}
