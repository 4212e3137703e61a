import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct WriterTests {
    @Test("objects have git's ids, and git reads them from the pack")
    func gitReads() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        var generator = SplitMix(seed: 1)
        var bodies: [ObjectID: [UInt8]] = [:]
        for size in [0, 1, 15, 16, 17, 2047, 2048, 16384, 16385, 300_000] {
            let bytes = random(size, &generator)
            let id = try writer.add(.blob, bytes)
            #expect(try blobID(bytes) == id)
            bodies[id] = bytes
        }
        let commit = try writer.commit("hello")
        #expect(try !fixture.store.contains(commit))
        try writer.finish()
        for (id, bytes) in bodies {
            #expect(try fixture.git("cat-file", "blob", id.hex).output == bytes)
            #expect(try fixture.store.read(id, as: .blob) == bytes)
        }
        #expect(try fixture.store.commit(commit).message == Array("hello\n".utf8))
        #expect(try fixture.fsck() == "")
        let pack = try #require(try fixture.packs().first)
        let verified = try fixture.git("verify-pack", "-v", "\(fixture.root)/git/objects/pack/\(pack)")
        #expect(verified.status == 0, "\(verified.errors)")
        // Git's own index of the same pack is the same file.
        let ours = "\(fixture.root)/git/objects/pack/\(pack.dropLast(5)).idx"
        let made = fixture.directory.file("git.idx")
        #expect(try run(["git", "index-pack", "-o", made, "\(ours.dropLast(4)).pack"]).status == 0)
        #expect(try run(["cmp", ours, made]).status == 0)
    }

    @Test("a pack larger than the buffer is as good as a small one, and its objects can be read before it is done")
    func largePack() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        var generator = SplitMix(seed: 2)
        var ids: [(ObjectID, [UInt8])] = []
        for _ in 0..<12 {
            let bytes = random(1 << 20, &generator)
            ids.append((try writer.add(.blob, bytes), bytes))
            #expect(try writer.add(.blob, ids[0].1) == ids[0].0)
        }
        for (id, bytes) in ids { #expect(try writer.read(id, as: .blob) == bytes) }
        try writer.finish()
        for (id, bytes) in ids { #expect(try fixture.store.read(id, as: .blob) == bytes) }
        #expect(try fixture.git("count-objects", "-v").text.contains("in-pack: 12\n"))
        #expect(try fixture.fsck() == "")
    }

    @Test("small bodies go to the pack, large ones and all with holes to the pool")
    func bodies() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        var generator = SplitMix(seed: 3)
        let small = random(16384, &generator)
        let large = random(700_001, &generator)
        let sparse = [UInt8](repeating: 7, count: 4096) + [UInt8](repeating: 0, count: 65536)
        let holes = [UInt64(4096)..<UInt64(69632)]
        let ids = [
            try writer.addBody(small),
            try writer.addBody(from: try fixture.file("large", large), size: 700_001, holes: []),
            try writer.addBody(sparse, holes: holes),
        ]
        #expect(ids == [try blobID(small), try blobID(large), try blobID(sparse)])
        try writer.finish()
        #expect(try fixture.store.body(ids[0], size: 16384, holes: []).bytes() == small)
        #expect(try fixture.store.body(ids[1], size: 700_001, holes: []).bytes() == large)
        #expect(try fixture.store.body(ids[2], size: 69632, holes: holes).bytes() == sparse)
        // libgit2 sees the pool as blobs.
        #expect(try fixture.store.read(ids[1], as: .blob) == large)
        #expect(try fixture.store.kind(of: ids[2]) == .blob)
        let path = KernelPath(
            "\(fixture.root)/pool/" + String(decoding: ObjectStore.poolPath(of: ids[2]), as: UTF8.self))
        let status = try Files.status(path)
        #expect(status.permissions == 0o444)
        #expect(try Files.open(path, flags: O_RDONLY).holes(size: status.size) == holes)
        #expect(try fixture.store.garbage() == [])
        #expect(throws: StoreError.self) { _ = try fixture.store.body(ids[1], size: 700_000, holes: []) }
    }

    @Test("git works on trees whose bodies are in the pool")
    func promisor() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let body = try writer.addBody([UInt8](repeating: 65, count: 100_000))
        let tree = try writer.add(.tree, try Tree.encode([TreeEntry(mode: .file, name: "large", id: body)]))
        let commit = try writer.add(
            .commit, Commit(tree: tree, parents: [], author: ada, committer: ada, message: Array("m\n".utf8)).encoded)
        try fixture.store.perform(
            Operation(
                author: ada, description: "import", moves: [RefMove(ref: "refs/heads/a/@b", old: nil, new: commit)]),
            writer: writer)
        #expect(try fixture.fsck() == "")
        #expect(try fixture.git("log", "--format=%s", "refs/heads/a/@b").text == "m\n")
        #expect(try fixture.git("ls-tree", "-r", "refs/heads/a/@b").text == "100644 blob \(body.hex)\tlarge\n")
        #expect(try fixture.git("show", "--no-patch", "--format=%an", "refs/heads/a/@b").text == "Ada\n")
        #expect(try fixture.git("gc", "-q").status == 0)
        #expect(try fixture.fsck() == "")
        let again = try ObjectStore(opening: fixture.root)
        #expect(try again.commit(commit).tree == tree)
        #expect(try fixture.store.tree(tree).count == 1)
        #expect(try !again.needsRecovery())
    }

    @Test("a writer that is not finished leaves nothing")
    func abandoned() throws {
        let fixture = try Fixture()
        do {
            let writer = try fixture.store.writer()
            var generator = SplitMix(seed: 4)
            for _ in 0..<6 { try writer.add(.blob, random(1 << 20, &generator)) }
            _ = try writer.addBody(random(100_000, &generator))
            #expect(try fixture.store.garbage().count == 2)
        }
        #expect(try fixture.store.garbage() == [])
        #expect(try fixture.packs() == [])
    }
}
