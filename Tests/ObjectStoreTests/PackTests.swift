import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct PackTests {
    @Test("a thousand writers leave few packs, with all in them")
    func consolidation() throws {
        let fixture = try Fixture()
        let reader = try ObjectStore(opening: fixture.root)
        var ids: [ObjectID] = []
        for index in 0..<1000 {
            let writer = try fixture.store.writer()
            ids.append(try writer.add(.blob, Array("content \(index)".utf8)))
            try writer.finish()
            // A reader that opened the repository before keeps finding what others write and merge.
            if index % 50 == 0 { #expect(try reader.read(ids[index / 2], as: .blob).count > 0) }
        }
        #expect(fixture.store.maintenanceFailure == nil)
        #expect(try fixture.packs().count < 48)
        for id in ids { #expect(try reader.contains(id)) }
        #expect(try fixture.git("count-objects", "-v").text.contains("in-pack: 1000\n"))
        #expect(try fixture.store.garbage() == [])
        #expect(try fixture.fsck() == "")
    }

    @Test("killed while packs are merged, nothing is lost")
    func killedConsolidation() throws {
        let fixture = try Fixture()
        var ids: [ObjectID] = []
        var copies: [String] = []
        fixture.store.checkpoint = { (step) throws(StoreError) in
            guard [.consolidatedPublished, .consolidatedRemoved].contains(step), copies.count < 6 else { return }
            let copy = fixture.directory.file("copy\(copies.count)")
            do { try run(["cp", "-a", fixture.root, copy]) } catch {
                throw StoreError("copy", copy, .invalid("\(error)"))
            }
            copies.append(copy)
        }
        for index in 0..<ObjectStore.packsInTier {
            let writer = try fixture.store.writer()
            ids.append(try writer.add(.blob, Array("content \(index)".utf8)))
            try writer.finish()
        }
        #expect(copies.count == 6)
        #expect(try fixture.packs().count == 1)
        for copy in copies {
            let store = try ObjectStore(opening: copy)
            for id in ids { #expect(try store.contains(id)) }
            #expect(try Fixture.fsck(copy) == "")
            try store.consolidatePacks()
            for id in ids { #expect(try store.contains(id)) }
        }
    }

    @Test("objects that are stored are not written again, and one that is added twice is written once")
    func once() throws {
        let fixture = try Fixture()
        for round in 0..<3 {
            let writer = try fixture.store.writer()
            for _ in 0..<2 { try writer.add(.blob, Array("same".utf8)) }
            if round == 2 { try writer.add(.blob, Array("new".utf8)) }
            try writer.finish()
        }
        #expect(try fixture.packs().count == 2)
        #expect(try fixture.git("count-objects", "-v").text.contains("in-pack: 2\n"))
    }

    @Test("offsets beyond 31 bits stand in the index's second table")
    func largeOffsets() throws {
        let directory = try TemporaryDirectory("index")
        var generator = SplitMix(seed: 8)
        var entries: [PackEntry] = []
        for index in 0..<600 {
            let id = try #require(ObjectID(bytes: random(20, &generator)))
            let offset: UInt64 = index % 3 == 0 ? UInt64(index) << 30 + 5 : UInt64(index)
            entries.append(PackEntry(id: id, crc: UInt32(index), offset: offset))
        }
        let bytes = PackIndex.encode(entries, packChecksum: [UInt8](repeating: 1, count: 20))
        let opened = try Files.openDirectory(KernelPath(directory.path))
        try Files.open("a.idx", in: opened.reference, flags: 0o102, mode: 0o644).write(bytes)
        let index = try #require(try PackIndex("a.idx", in: opened))
        #expect(index.count == 600)
        let known = Dictionary(uniqueKeysWithValues: entries.map { ($0.id, $0) })
        for position in 0..<600 {
            let entry = try #require(known[index.id(position)])
            #expect(index.crc(position) == entry.crc)
            #expect(index.offset(position) == entry.offset)
            #expect(index.positions(from: entry.id, through: entry.id) == position..<(position + 1))
        }
        let shown = try run(["git", "show-index"], input: bytes)
        #expect(shown.status == 0)
        for line in shown.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let entry = try #require(ObjectID(hex: words[1]).flatMap { known[$0] })
            #expect(UInt64(words[0]) == entry.offset)
        }
        #expect(try PackIndex("none.idx", in: opened) == nil)
        try Files.open("b.idx", in: opened.reference, flags: 0o102, mode: 0o644).write(Array(bytes.prefix(2000)))
        #expect(throws: StoreError.self) { _ = try PackIndex("b.idx", in: opened) }
    }

    @Test("a prefix finds one commit, none, or says which it could be")
    func resolve() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        var commits: [ObjectID] = []
        for index in 0..<3000 { commits.append(try writer.commit("\(index)")) }
        try writer.finish()
        let store = fixture.store
        #expect(try store.resolve(prefix: commits[0].hex) == commits[0])
        var ambiguous = 0
        for commit in commits.prefix(500) {
            let prefix = String(commit.hex.prefix(4))
            let expected = commits.filter { $0.hex.hasPrefix(prefix) }.sorted()
            if expected.count == 1 {
                #expect(try store.resolve(prefix: prefix) == commit)
            } else {
                ambiguous += 1
                #expect(throws: StoreError("find commit", prefix, .ambiguous(expected))) {
                    _ = try store.resolve(prefix: prefix)
                }
            }
        }
        #expect(ambiguous > 0)
        let tree = try store.commit(commits[0]).tree
        #expect(throws: StoreError("find commit", tree.hex, .missing)) { _ = try store.resolve(prefix: tree.hex) }
        for bad in ["", "abc", "ABCD", "wxyz", commits[0].hex + "0"] {
            #expect(throws: StoreError.self) { _ = try store.resolve(prefix: bad) }
        }
        let made = try run(
            [
                "git", "--git-dir=\(fixture.root)/git", "-c", "user.name=a", "-c", "user.email=b", "commit-tree",
                tree.hex,
            ])
        let id = try #require(ObjectID(hex: made.text.prefix(40)))
        #expect(try store.resolve(prefix: String(id.hex.prefix(12))) == id)
    }

    @Test("missing objects and repositories are said to be missing")
    func missing() throws {
        let fixture = try Fixture()
        #expect(throws: StoreError("read blob", ObjectID.emptyBlob.hex, .missing)) {
            _ = try fixture.store.read(.emptyBlob, as: .blob)
        }
        #expect(throws: StoreError.self) { _ = try ObjectStore(opening: fixture.directory.file("none")) }
        #expect(throws: StoreError.self) { try ObjectStore.create(at: fixture.root) }
    }
}
