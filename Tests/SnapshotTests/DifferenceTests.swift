import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("Differences")
struct DifferenceTests {
    let fixture: Fixture
    let objects: ScratchObjects

    init() throws {
        fixture = try Fixture()
        objects = ScratchObjects(over: fixture.store)
    }

    /// A tree of files: a path that ends in a slash is a directory, one with `@` before its content a symlink.
    private func tree(_ files: [String: String]) throws -> ObjectID {
        let builder = TreeBuilder()
        for (name, content) in files {
            if name.hasSuffix("/") {
                try builder.addDirectory(path(name), Directory.empty.attributes)
            } else {
                let kind = content.hasPrefix("@") ? FileKind.symlink : .regular
                let attributes = Attributes(kind: kind, permissions: 0o644, size: UInt64(content.utf8.count))
                try builder.addLeaf(path(name), attributes, body: try objects.add(.blob, Array(content.utf8)))
            }
        }
        return try builder.write(to: objects)
    }

    /// One line a change, as `varve diff --name-status` has it.
    private func lines(
        _ old: [String: String], _ new: [String: String], renames: Bool = true
    ) throws -> [String] {
        try Difference.between(try tree(old), try tree(new), in: objects, renames: renames).map(\.line)
    }

    @Test("a hard link that is only touched has other times and no other links")
    func touchedLink() {
        func file(_ seconds: Int64, _ group: UInt64?) -> Attributes {
            Attributes(
                kind: .regular, permissions: 0o644, modified: Timestamp(seconds: seconds),
                linkGroup: group.map { LinkGroup($0) })
        }
        #expect(file(1, 1).aspects(against: file(2, 2)) == [.times])
        #expect(file(1, 1).aspects(against: file(1, 2)) == [.layout])
        #expect(file(1, 1).aspects(against: file(2, nil)) == [.times, .layout])
        #expect(file(1, nil).aspects(against: file(1, 1)) == [.layout])
        #expect(file(1, 1).aspects(against: file(1, 1)) == [])
    }

    @Test("name what changed of a file")
    func aspects() throws {
        let base = Attributes(
            kind: .regular, permissions: 0o644, size: 10,
            xattrs: [ExtendedAttribute(name: "user.a", value: [1])])
        func changed(_ change: (inout Attributes) -> Void) -> Attributes {
            var attributes = base
            change(&attributes)
            return attributes
        }
        let other = try objects.add(.blob, [1])
        let cases: [(Attributes, ObjectID, [String])] = [
            (base, other, ["content"]),
            (changed { $0.permissions = 0o600 }, .emptyBlob, ["mode"]),
            (changed { $0.uid = 1 }, .emptyBlob, ["owner"]),
            (changed { $0.gid = 1 }, .emptyBlob, ["owner"]),
            (changed { $0.xattrs = [] }, .emptyBlob, ["xattr"]),
            (changed { $0.xattrs[0].value = [] }, .emptyBlob, ["xattr"]),
            (changed { $0.modified = Timestamp(seconds: 0, nanoseconds: 1) }, .emptyBlob, ["times"]),
            (changed { $0.holes = [0..<5] }, .emptyBlob, ["layout"]),
            (changed { $0.linkGroup = LinkGroup(1) }, .emptyBlob, ["layout"]),
            (
                changed {
                    ($0.permissions, $0.uid, $0.xattrs, $0.holes) = (0, 1, [], [0..<1])
                    $0.modified = Timestamp(seconds: -1)
                }, other, ["content", "mode", "owner", "xattr", "times", "layout"]
            ),
        ]
        for (attributes, body, expected) in cases {
            let changes = try compare(.leaf(base, body: .emptyBlob), .leaf(attributes, body: body))
            #expect(changes.map(\.aspects.list) == [expected])
            #expect(changes.map(\.letter) == ["M"])
            #expect(changes.allSatisfy { $0.isTimesOnly == (expected == ["times"]) })
        }
        let device = Attributes(
            kind: .characterDevice, permissions: 0o644, device: DeviceNumber(major: 1, minor: 3))
        var moved = device
        moved.device = DeviceNumber(major: 1, minor: 5)
        #expect(
            try compare(.leaf(device, body: .emptyBlob), .leaf(moved, body: .emptyBlob)).map(\.aspects) == [.content])
        let fifo = Attributes(kind: .fifo, permissions: 0o644)
        #expect(try compare(.leaf(device, body: .emptyBlob), .leaf(fifo, body: .emptyBlob)).map(\.letter) == ["T"])
    }

    private func compare(_ old: Node, _ new: Node) throws -> [Change] {
        func root(_ node: Node) throws -> ObjectID {
            var directory = Directory.empty
            directory.set("file", to: node)
            return try objects.add(directory)
        }
        let changes = try Difference.between(try root(old), try root(new), in: objects)
        #expect(changes.allSatisfy { $0.old == old && $0.new == new })
        return changes
    }

    @Test("name a directory whose own attributes changed, the root too")
    func directories() throws {
        let old = try tree(["a/b/file": "x"])
        let builder = TreeBuilder()
        try builder.addDirectory(.root, Attributes(kind: .directory, permissions: 0o700))
        try builder.addDirectory(path("a/b"), Attributes(kind: .directory, permissions: 0o755, uid: 1))
        let attributes = Attributes(kind: .regular, permissions: 0o644, size: 1)
        try builder.addLeaf(path("a/b/file"), attributes, body: try objects.add(.blob, [120]))
        let changes = try Difference.between(old, try builder.write(to: objects), in: objects)
        #expect(changes.map(\.line) == ["M / mode", "M /a/b owner"])
    }

    @Test("list all that came and went with a directory")
    func subtrees() throws {
        let full = ["d/": "", "d/a": "1", "d/e/b": "2", "k": "3"]
        #expect(try lines(["k": "3"], full) == ["A /d", "A /d/a", "A /d/e", "A /d/e/b"])
        #expect(try lines(full, ["k": "3"]) == ["D /d", "D /d/a", "D /d/e", "D /d/e/b"])
        #expect(try Difference.between(nil, try tree(full), in: objects).map(\.line).count == 6)
        #expect(try Difference.between(try tree(full), nil, in: objects).map(\.line).first == "D /")
        #expect(try Difference.between(nil, nil, in: objects).isEmpty)
    }

    @Test("tell a change of type, with what was or is below")
    func typeChanges() throws {
        #expect(try lines(["a": "file"], ["a": "@link"]) == ["T /a"])
        #expect(try lines(["a/b": "1", "a/c/d": "2"], ["a": "3"]) == ["T /a", "D /a/b", "D /a/c", "D /a/c/d"])
        #expect(try lines(["a": "3"], ["a/b": "1", "a/c/d": "2"]) == ["T /a", "A /a/b", "A /a/c", "A /a/c/d"])
        #expect(try lines(["a": "@x"], ["a/": ""]) == ["T /a"])
        #expect(try lines(["a": "1"], ["a/b": "1"]).count == 2)
    }

    @Test("pair what moved as it was")
    func exactRenames() throws {
        #expect(try lines(["a": "body"], ["b": "body"]) == ["R /b < /a"])
        #expect(try lines(["a": "body"], ["b": "body"], renames: false) == ["D /a", "A /b"])
        #expect(try lines(["a": "@body"], ["b": "body"]) == ["D /a", "A /b"], "a symlink is no file")
        #expect(try lines(["a": ""], ["b": ""]) == ["D /a", "A /b"], "empty files are all alike")
        #expect(
            try lines(["x/one": "1", "x/two": "1"], ["y/two": "1", "z/one": "1"], renames: true)
                == ["D /x", "A /y", "R /y/two < /x/two", "A /z", "R /z/one < /x/one"], "the same last name first")
        #expect(try lines(["a": "1", "b": "1"], ["c": "1"]) == ["D /b", "R /c < /a"])
        #expect(try lines(["a": "1"], ["c": "1", "b": "1"]) == ["R /b < /a", "A /c"])
    }

    @Test("have one line for a directory that moved whole")
    func renamedDirectories() throws {
        #expect(try lines(["d/a": "1", "d/e/b": "2"], ["f/a": "1", "f/e/b": "2"]) == ["R /f < /d"])
        #expect(
            try lines(["p/x/a": "1", "p/y/a": "1", "q/": ""], ["p/": "", "q/y/a": "1", "q/x/a": "1"])
                == ["R /q/x < /p/x", "R /q/y < /p/y"], "the same last name first")
        #expect(
            try lines(["d/a": "1"], ["d/": "", "e/a": "1", "f/a": "1"]).filter { $0.hasPrefix("R") }.count == 1)
        #expect(try lines(["d/": ""], ["e/": ""]) == ["D /d", "A /e"])
    }

    @Test("pair texts that are much alike")
    func similarRenames() throws {
        let text = (0..<60).map { "line \($0) of a text that is long enough\n" }
        var edited = text
        edited[30] = "another line\n"
        let (old, new) = (text.joined(), edited.joined())
        #expect(try lines(["a": old], ["b": new]) == ["R /b < /a content"])
        let unlike = (0..<60).map { "\($0 * 7919) nothing in common with the other\n" }.joined()
        #expect(try lines(["a": old], ["b": unlike]) == ["D /a", "A /b"])
        #expect(try lines(["a": old, "z": unlike], ["b": new]) == ["R /b < /a content", "D /z"])
    }

    @Test("of equal trees cost nothing, and equal subtrees are not looked into")
    func readsLittle() throws {
        var files = ["top": "1"]
        for name in ["a", "b", "c", "d"] { for n in 0..<5 { files["\(name)/sub/\(n)"] = "\(name)\(n)" } }
        let old = try tree(files)
        files["c/sub/3"] = "changed"
        let new = try tree(files)
        let counting = CountingSource(objects)
        #expect(try Difference.between(old, old, in: counting).isEmpty)
        #expect(counting.reads == 0)
        #expect(try Difference.between(old, new, in: counting).map(\.line) == ["M /c/sub/3 content"])
        // The root, /c and /c/sub, each a tree and a record, on both sides.
        #expect(counting.reads == 12)
    }

    @Test("are what a comparison of every path gives", arguments: 0..<60)
    func naive(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let (old, new) = (try randomTree(&generator), try randomTree(&generator))
        var expected: Set<String> = []
        let (a, b) = (try nodes(old), try nodes(new))
        for path in Set(a.keys).union(b.keys) {
            switch (a[path], b[path]) {
            case (nil, _): expected.insert("A \(path)")
            case (_, nil): expected.insert("D \(path)")
            case (let x?, let y?) where x.attributes.kind != y.attributes.kind: expected.insert("T \(path)")
            case (let x?, let y?): if x != y { expected.insert("M \(path)") }
            }
        }
        let plain = try Difference.between(old, new, in: objects, renames: false)
        #expect(Set(plain.map { "\($0.letter) \($0.path)" }) == expected)
        #expect(plain.count == expected.count)
        #expect(plain.map(\.path) == plain.map(\.path).sorted())
        try checkRenames(try Difference.between(old, new, in: objects), expected)
    }

    /// A rename stands for one deletion and one addition, with all that was below.
    private func checkRenames(_ changes: [Change], _ expected: Set<String>) throws {
        var covered: Set<String> = []
        for change in changes {
            guard case .renamed(let origin) = change.kind else {
                covered.insert("\(change.letter) \(change.path)")
                continue
            }
            covered.formUnion(try nodesBelow(change.new, at: change.path).map { "A \($0)" })
            covered.formUnion(try nodesBelow(change.old, at: origin).map { "D \($0)" })
        }
        #expect(covered == expected)
    }

    private func nodesBelow(_ node: Node?, at path: BytePath) throws -> [BytePath] {
        guard case .directory(let tree)? = node else { return [path] }
        return try nodes(tree).keys.map { BytePath(path.names + $0.names) }
    }

    private func nodes(_ tree: ObjectID) throws -> [BytePath: Flat.File] {
        try Flat(tree, in: objects, holes: true).files
    }

    private func randomTree(_ generator: inout SplitMix) throws -> ObjectID {
        let builder = TreeBuilder()
        let names: [ByteName] = ["a", "b", "c"]
        for _ in 0..<Int.random(in: 0...14, using: &generator) {
            let depth = Int.random(in: 1...3, using: &generator)
            let path = BytePath((0..<depth).map { _ in names[Int.random(in: 0..<3, using: &generator)] })
            let kinds: [FileKind] = [.directory, .regular, .symlink, .fifo]
            let kind = kinds[Int.random(in: 0..<4, using: &generator)]
            var attributes = Attributes(kind: kind, permissions: 0o644)
            attributes.uid = UInt32(Int.random(in: 0...1, using: &generator))
            do {
                if kind == .directory {
                    try builder.addDirectory(path, attributes)
                } else {
                    let content = [UInt8](repeating: 1, count: Int.random(in: 0...2, using: &generator))
                    if attributes.hasBody { attributes.size = UInt64(content.count) }
                    let body = attributes.hasBody ? try objects.add(.blob, content) : .emptyBlob
                    try builder.addLeaf(path, attributes, body: body)
                }
            } catch is SnapshotError {
                continue
            }
        }
        return try builder.write(to: objects)
    }
}

extension Change {
    fileprivate var line: String {
        var line = "\(letter) \(path)"
        if case .renamed(let origin) = kind { line += " < \(origin)" }
        return ([line] + aspects.list).joined(separator: " ")
    }
}

/// Counts what is read of another source.
final class CountingSource: ObjectSource {
    private let source: any ObjectSource
    private(set) var reads = 0

    init(_ source: any ObjectSource) { self.source = source }

    func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8] {
        reads += 1
        return try source.read(id, as: kind)
    }
}
