@testable import Engine
import Glibc
import Images
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

@Suite("Checking what is stored", .enabled(if: isRoot))
struct FsckTests {
    private static func damage(_ path: String, at position: Int) throws {
        var bytes = try #require(try Files.contentsIfPresent(path))
        bytes[position] ^= 1
        try run(["chmod", "u+w", path])
        try Files.open(KernelPath(path), flags: O_WRONLY).write(bytes)
    }

    private static func problems(_ rig: Rig, repairs: Bool = false) throws -> [Problem] {
        try rig.again().check(repairs: repairs).problems
    }

    @Test("a damaged body is named with the commits and paths that have it, and heals")
    func body() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        try Rig.write("\(try rig.upper(container))/new", "new")
        let second = try rig.commit(container)
        #expect(try Self.problems(rig) == [])
        let tree = try rig.repository.content(of: second).fs
        guard
            case .leaf(_, let body) = try rig.repository.store().node(
                at: #require(BytePath(parsing: "/bin/busybox".utf8)), in: tree)
        else {
            Issue.record("it is a file")
            return
        }
        let path = "\(rig.root)/pool/\(String(decoding: ObjectStore.poolPath(of: body), as: UTF8.self))"
        try Self.damage(path, at: 5000)
        let problems = try Self.problems(rig)
        #expect(problems.map(\.damage.subject) == ["body \(body.hex)"])
        #expect(problems.first?.damage.reason.hasPrefix("its content hashes to ") == true)
        #expect(problems.first?.places.map(\.name) == ["base:1", "base:1~1"])
        #expect(Set(problems.first?.places.map { $0.path?.displayed } ?? []) == ["/bin/busybox"])
        try Files.remove(KernelPath(path))
        #expect(try Self.problems(rig).map(\.damage.reason) == ["it is missing from the pool"])
        let import1 = try rig.varve("import", "other:1", rig.directory.file("base"))
        #expect(import1.status == 0, "\(import1.errors)")
        #expect(try Self.problems(rig) == [])
    }

    @Test("a record that breaks its format is named with its directory")
    func record() throws {
        let rig = try Rig()
        let store = try rig.repository.store()
        let tip = try rig.repository.tagPosition(rig.tag)
        let writer = try store.writer()
        var entries = try store.tree(try rig.repository.content(of: tip).fs)
        let record = try #require(entries.firstIndex { $0.name == ".varve" })
        let text = try store.read(entries[record].id, as: .blob)
        entries[record].id = try writer.add(.blob, text + Array("zzz f 0644 0 0 0 0\n".utf8))
        let bad = try writer.add(.tree, try Tree.encode(entries))
        var commit = try store.commit(tip)
        commit.tree = try CommitContent(fs: bad, config: nil).write(to: writer)
        let id = try writer.add(.commit, commit.encoded)
        try rig.repository.move("m", [RefMove(ref: rig.tag.ref, old: tip, new: id)], writer: writer, by: Rig.author)
        let problems = try Self.problems(rig)
        #expect(problems.map(\.damage.subject) == ["tree \(bad.hex)"])
        #expect(problems.first?.places.map(\.name) == ["base:1"])
        #expect(problems.first?.places.map(\.path) == [BytePath.root])
    }

    @Test("a damaged metadata image is a cache that --repair removes", arguments: [300, 1200, 5000, 9000, -200])
    func image(_ position: Int) throws {
        let rig = try Rig(.image)
        _ = try rig.container("c")
        let name = try #require(try rig.repository.names(in: "images").first)
        let path = "\(rig.root)/images/\(name)"
        let size = Int(try Files.status(KernelPath(path)).size)
        #expect(try Self.problems(rig) == [])
        try Self.damage(path, at: position < 0 ? size + position : min(position, size - 1))
        #expect(try Self.problems(rig).map(\.damage.subject) == ["metadata image of \(name.dropLast(6))"])
        #expect(try Self.problems(rig, repairs: true).map(\.isRepaired) == [true])
        #expect(try Self.problems(rig) == [])
        #expect(try rig.varve("run", "--rm", "base:1", "true").status == 0)
    }

    @Test("a container that can't be read, or whose commit is lost, is named")
    func container() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let state = rig.repository.files(of: container.id).state
        let whole = try #require(try Files.contentsIfPresent(state))
        try Rig.write(state, "{")
        #expect(try Self.problems(rig).map(\.damage.subject) == ["container c"])
        let base = try rig.repository.tagPosition(rig.tag).hex
        let lost = String(base.reversed())
        try Rig.write(state, String(decoding: whole, as: UTF8.self).replacing(base, with: lost))
        let problems = try Self.problems(rig)
        #expect(Set(problems.map(\.damage.subject)) == ["commit \(lost)", "container c"])
        #expect(throws: EngineError.self) { try rig.again().collectGarbage(CollectionRequest()) }
    }

    @Test("a layer whose bodies no longer give its digest is named, and its bodies are kept")
    func layer() throws {
        let rig = try Rig()
        let store = try rig.repository.store()
        let tip = try rig.repository.tagPosition(rig.tag)
        var writer: ObjectWriter? = try store.writer()
        let bytes = [UInt8](repeating: 7, count: 40_000)
        var id: ObjectID?
        var body: ObjectID?
        if let writer {
            var rest = bytes[...]
            let found = try writer.addBody(size: UInt64(bytes.count), holes: []) { buffer in
                let part = rest.prefix(buffer.count)
                buffer.copyBytes(from: part)
                rest = rest.dropFirst(part.count)
                return part.count
            }
            body = found
            let layer = try Self.recipe(of: found, bytes, to: writer)
            var content = try rig.repository.content(of: tip)
            content.layer = layer
            var commit = try store.commit(tip)
            commit.tree = try content.write(to: writer)
            id = try writer.add(.commit, commit.encoded)
        }
        try rig.repository.move(
            "m", [RefMove(ref: rig.tag.ref, old: tip, new: id)], writer: writer, by: Rig.author)
        writer = nil
        #expect(try Self.problems(rig) == [])
        _ = try rig.repository.collectGarbage(CollectionRequest())
        #expect(try Self.problems(rig) == [])
        #expect(try rig.again().check(repairs: false).layers == 1)
        let path = "\(rig.root)/pool/\(String(decoding: ObjectStore.poolPath(of: try #require(body)), as: UTF8.self))"
        try Self.damage(path, at: 77)
        let problems = try Self.problems(rig)
        #expect(problems.first?.damage.subject.hasPrefix("layer ") == true)
        #expect(problems.first?.places.map(\.name) == ["base:1"])
    }

    /// The tree of a recipe of a layer that is one body.
    private static func recipe(of body: ObjectID, _ bytes: [UInt8], to writer: ObjectWriter) throws -> ObjectID {
        let chunks = Recipes.Writer(to: writer)
        let recipe = RecipeWriter { (chunk) throws(ImagesError) in try chunks.add(chunk) }
        let size = UInt64(bytes.count)
        try recipe.add(BodyRange(id: body, size: size, hasHoles: false, range: 0..<size))
        let digest = Digest.sha256(of: bytes)
        try recipe.finish(diffID: digest)
        return try chunks.finish(.init(diffID: digest, size: size))
    }

    @Test(
        "a manifest of which no collection can tell the layers is named",
        arguments: [
            "{", "{}", #"{"layers":[{}]}"#, #"{"layers":[{"digest":"md5:00"}]}"#,
        ])
    func manifest(_ text: String) throws {
        let rig = try Rig()
        let store = try rig.repository.store()
        let tip = try rig.repository.tagPosition(rig.tag)
        let writer = try store.writer()
        var content = try rig.repository.content(of: tip)
        let manifest = try writer.add(.blob, Array(text.utf8))
        content.manifest = manifest
        var commit = try store.commit(tip)
        commit.tree = try content.write(to: writer)
        let id = try writer.add(.commit, commit.encoded)
        try rig.repository.move("m", [RefMove(ref: rig.tag.ref, old: tip, new: id)], writer: writer, by: Rig.author)
        let problems = try Self.problems(rig)
        #expect(problems.map(\.damage.subject) == ["manifest \(manifest.hex)"])
        #expect(problems.first?.places.map(\.name) == ["base:1"])
    }

    @Test("what came while it was looked is not missed")
    func besideOne() throws {
        let rig = try Rig()
        var turn = 0
        let result = try rig.again().check(repairs: false) { _ in
            if turn > 0 { return }
            turn += 1
            // Packs have been listed, and are put together now.
            for number in 0..<20 { _ = try? rig.varve("tag", "new:\(number)", "base:1") }
            let copy = "cp -a \"$0\" \"$1\"; head -c 50000 /dev/urandom >\"$1\"/large; echo other >\"$1\"/small"
            let other = rig.directory.file("other")
            _ = try? run(["sh", "-c", copy, rig.directory.file("base"), other])
            _ = try? rig.varve("import", "other:1", other)
            _ = try? rig.varve("run", "--name", "late", "other:1", "true")
        }
        #expect(result.problems == [])
        #expect(try rig.again().resolve("other:1") != rig.again().resolve("base:1"))
        #expect(result.containers == 1)
    }

    @Test("beside writers in other processes it finds nothing")
    func beside() throws {
        let rig = try Rig()
        let line = """
            cd "$1"
            (for i in $(seq 40); do
                mkdir -p i$i; echo $i >i$i/f; head -c 30000 /dev/urandom >i$i/large
                "$0" import -q new:$i i$i >/dev/null || echo import; "$0" tag t:$i new:$i || echo tag
            done; touch end) &
            while [ ! -e end ]; do "$0" fsck || echo fsck; done
            wait
            """
        let result = try run(["bash", "-c", line, Rig.varve, rig.directory.path], environment: rig.environment)
        #expect(!result.text.contains("fsck\n") && !result.text.contains("import"), "\(result.text) \(result.errors)")
        #expect(try Self.problems(rig) == [])
    }
}
