import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct StoreCheckTests {
    private static func check(_ root: String) throws -> StoreCheck {
        let check = StoreCheck(try ObjectStore(opening: root))
        try check.checkObjects()
        try check.checkBodies()
        return check
    }

    private static func flip(_ path: String, _ position: UInt64) throws {
        var bytes = try #require(try Files.contentsIfPresent(path))
        bytes[Int(position)] ^= 0x10
        try run(["chmod", "u+w", path])
        try Files.open(KernelPath(path), flags: O_WRONLY).write(bytes)
        try run(["chmod", "u-w", path])
    }

    @Test("a bit that flips anywhere in a pack or an index is found", arguments: [".pack", ".idx"])
    func packs(suffix: String) throws {
        let fixture = try Fixture()
        for turn in 0..<3 { try fixture.commit("\(turn)", to: Fixture.refs[0]) }
        try Fixture.collect(fixture.store)
        let name = String(try #require(try fixture.packs().first).dropLast(5))
        let path = "\(fixture.root)/git/objects/pack/\(name)\(suffix)"
        let size = try Files.status(KernelPath(path)).size
        let whole = try #require(try Files.contentsIfPresent(path))
        for position in stride(from: 0, to: size, by: suffix == ".pack" ? 13 : 67) {
            try Self.flip(path, position)
            let found = try Self.check(fixture.root)
            #expect(found.damagedFiles.map(\.subject) == [name], "byte \(position)")
            try Self.flip(path, position)
        }
        #expect(try Files.contentsIfPresent(path) == whole)
        #expect(try Self.check(fixture.root).damagedFiles == [])
        for count in ["0", "8", "100"] {
            try run(["cp", path, "\(path).saved"])
            try run(["truncate", "-s", count, path])
            #expect(try Self.check(fixture.root).damagedFiles.map(\.subject) == [name], "cut at \(count)")
            try run(["mv", "\(path).saved", path])
        }
    }

    @Test("a body that is not what its name says is found, and heals when it comes again")
    func bodies() throws {
        let fixture = try Fixture()
        let bytes = [UInt8](repeating: 7, count: 100_000)
        let writer = try fixture.store.writer()
        let id = try writer.addBody(bytes)
        try writer.finish()
        let path = "\(fixture.root)/pool/\(Pool.path(of: id))"
        let damages: [(String) throws -> Void] = [
            { try Self.flip($0, 99_999) }, { try run(["truncate", "-s", "5", $0]) },
            { try run(["truncate", "-s", "100001", $0]) }, { try run(["truncate", "-s", "0", $0]) },
            { try run(["rm", $0]) },
        ]
        for (number, damage) in damages.enumerated() {
            try damage(path)
            let found = try Self.check(fixture.root)
            #expect(found.damaged[id] != nil || !found.bodies.contains(id), "\(number)")
            #expect(found.damaged.count <= 1)
            #expect(try fixture.store.containsBody(id, size: 100_000, holes: []) == (number == 0))
            let again = try fixture.store.writer()
            #expect(try again.addBody(bytes) == id)
            try again.finish()
            #expect(try Self.check(fixture.root).damaged == [:])
            #expect(try fixture.store.body(id, size: 100_000, holes: []).bytes() == bytes)
            #expect(try Files.status(KernelPath(path)).permissions == 0o444)
        }
        #expect(try fixture.store.garbage() == [])
    }

    @Test("objects of a damaged pack heal when they come again and are packed anew")
    func objects() throws {
        let fixture = try Fixture()
        let id = try fixture.commit("one", to: Fixture.refs[0])
        let tree = try fixture.store.commit(id).tree
        let pack = try #require(try fixture.packs().first)
        let layout = try PackLayout(String(pack.dropLast(5)), in: try fixture.store.openPackDirectory())
        let entry = try #require(layout.entries.first { $0.id == tree })
        try Self.flip("\(fixture.root)/git/objects/pack/\(pack)", entry.range.upperBound - 6)
        let found = try Self.check(fixture.root)
        #expect(Set(found.damaged.keys) == [tree])
        #expect(found.objects[id]?.kind == .commit)

        do {
            let writer = try ObjectStore(opening: fixture.root).writer()
            #expect(try writer.commit("one", body: "one body", parents: []) == id)
            try writer.finish()
        }
        #expect(try Self.check(fixture.root).damaged == [:])
        try Fixture.collect(try ObjectStore(opening: fixture.root))
        try Fixture.expectExact(fixture.root)
    }

    @Test("lost commits are found in refs, reflogs and the operation log")
    func logs() throws {
        let fixture = try Fixture()
        try fixture.commit("one", to: Fixture.refs[0])
        #expect(try fixture.store.checkLogs() == [])
        let before = try fixture.packs()
        try fixture.commit("two", to: Fixture.refs[0])
        let new = try #require(try fixture.packs().first { !before.contains($0) })
        try run(["sh", "-c", "rm \(fixture.root)/git/objects/pack/\(new.dropLast(5)).*"])
        let subjects = Set(try ObjectStore(opening: fixture.root).checkLogs().map(\.subject))
        #expect(subjects == [Fixture.refs[0], "refs/varve/operations", "refs/varve/applied", "operation log"])
    }

    @Test("a damaged commit-graph is found, and can be removed")
    func commitGraph() throws {
        let fixture = try Fixture()
        try fixture.commit("one", to: Fixture.refs[0])
        try fixture.store.writeCommitGraph()
        #expect(try Self.check(fixture.root).damagedFiles == [])
        try Self.flip("\(fixture.root)/git/objects/info/commit-graph", 40)
        #expect(try Self.check(fixture.root).damagedFiles.map(\.subject) == ["commit-graph"])
        try fixture.store.removeCommitGraph()
        #expect(try Self.check(fixture.root).damagedFiles == [])
    }

    @Test(
        "an index with any offset is found, and read by nobody",
        arguments: [.max, .max - 19, .max >> 1, 1 << 31] as [UInt64])
    func offsets(_ offset: UInt64) throws {
        let fixture = try Fixture()
        for turn in 0..<ObjectStore.packsInTier - 1 { try fixture.commit("\(turn)", to: Fixture.refs[0]) }
        let name = String(try #require(try fixture.packs().first).dropLast(5))
        let directory = try fixture.store.openPackDirectory()
        let entries = try PackLayout(name, in: directory).entries.enumerated().map { number, entry in
            PackEntry(id: entry.id, crc: entry.crc, offset: number == 1 ? offset : entry.range.lowerBound)
        }
        let pack = try #require(try Files.contentsIfPresent("\(fixture.root)/git/objects/pack/\(name).pack"))
        let path = "\(fixture.root)/git/objects/pack/\(name).idx"
        try run(["chmod", "u+w", path])
        try Files.open(KernelPath(path), flags: O_WRONLY | O_TRUNC).write(
            PackIndex.encode(entries, packChecksum: Array(pack.suffix(20))))
        let found = try Self.check(fixture.root)
        #expect(found.damagedFiles.map(\.reason) == ["corrupt: corrupt: its index points outside"])
        #expect(throws: StoreError("read pack", name, .corrupt("its index points outside"))) {
            try PackLayout(name, in: directory)
        }
        // It is looked at when packs are put together, too.
        let store = try ObjectStore(opening: fixture.root)
        let writer = try store.writer()
        _ = try writer.commit("more", body: "more", parents: [])
        try writer.finish()
        #expect(store.maintenanceFailure == StoreError("read pack", name, .corrupt("its index points outside")))
    }

    @Test("an entry that claims a size that its bytes can't have is none")
    func sizes() {
        let entry = [0xbf] + [UInt8](repeating: 0xff, count: 7) + [0x7f, 0x78, 0x01, 0x03, 0, 0, 0, 0, 1]
        #expect(unpacked(entry[...])?.bytes == nil)
    }
}
