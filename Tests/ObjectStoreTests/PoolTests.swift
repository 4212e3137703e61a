import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct PoolTests {
    private func pooled(_ fixture: Fixture, _ id: ObjectID) -> KernelPath {
        KernelPath("\(fixture.root)/pool/\(Pool.path(of: id))")
    }

    @Test("equal content is stored once, and the copy with more holes stays")
    func holes() throws {
        let fixture = try Fixture()
        let bytes = [UInt8](repeating: 9, count: 65536) + [UInt8](repeating: 0, count: 1 << 20)
        let hole = [UInt64(65536)..<UInt64(bytes.count)]
        var blocks: [UInt64] = []
        for holes in [[], hole, []] {
            let writer = try fixture.store.writer()
            let id = try writer.addBody(bytes, holes: holes, step: 1 << 16)
            #expect(try writer.addBody(bytes, holes: holes, step: 1 << 17) == id)
            try writer.finish()
            blocks.append(try Files.status(pooled(fixture, id)).blocks)
            #expect(try fixture.store.body(id, size: UInt64(bytes.count), holes: holes).bytes() == bytes)
            #expect(try fixture.store.garbage() == [])
        }
        #expect(blocks[1] < blocks[0])
        #expect(blocks[2] == blocks[1])
    }

    @Test("what is damaged under an id is no collision: the body takes its place, and the object comes again")
    func damagedBody() throws {
        let fixture = try Fixture()
        let body = [UInt8](repeating: 1, count: 40_000)
        let writer = try fixture.store.writer()
        let id = try writer.addBody(body)
        try writer.finish()
        let path = "\(fixture.root)/pool/\(Pool.path(of: id))"
        try run(["sh", "-c", "chmod u+w \(path) && printf x | dd of=\(path) conv=notrunc bs=1 seek=39999 2>/dev/null"])
        let again = try fixture.store.writer()
        #expect(try again.add(.blob, body) == id)
        #expect(try again.addBody(body) == id)
        try again.finish()
        #expect(try fixture.store.read(id, as: .blob) == body)
        #expect(try fixture.store.body(id, size: 40_000, holes: []).bytes() == body)
        #expect(try fixture.store.garbage() == [])
    }

    @Test("a body that ends early, or whose file grew, fails and leaves nothing")
    func changedSize() throws {
        let fixture = try Fixture()
        let file = try fixture.file("f", [UInt8](repeating: 1, count: 50_000))
        for size in [UInt64(50_001), 49_999, 10] {
            let writer = try fixture.store.writer()
            #expect(throws: StoreError.self) { _ = try writer.addBody(from: file, size: size, holes: []) }
            let scratch = ScratchObjects(over: fixture.store)
            #expect(throws: StoreError.self) { _ = try scratch.addBody(from: file, size: size, holes: []) }
        }
        #expect(try fixture.store.garbage() == [])
    }

    @Test(
        "holes that are not ascending ranges inside the body, or that hold data, are refused",
        arguments: [[10..<20, 15..<30], [30..<40, 10..<20], [0..<60_000], [5..<5], [49_000..<50_000]]
            as [[Range<UInt64>]])
    func badHoles(holes: [Range<UInt64>]) throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        #expect(throws: StoreError.self) {
            _ = try writer.addBody([UInt8](repeating: 1, count: 50_000), holes: holes)
        }
    }

    @Test("what a reader throws comes through, and leaves nothing")
    func readerThrows() throws {
        struct Broken: Error {}
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        for size in [UInt64(100), 100_000] {
            #expect(throws: Broken.self) { _ = try writer.addBody(size: size, holes: []) { _ in throw Broken() } }
        }
        #expect(try fixture.store.garbage() == [])
    }

    @Test("scratch objects give the same ids and store nothing")
    func scratch() throws {
        let fixture = try Fixture()
        let scratch = ScratchObjects(over: fixture.store)
        let writer = try fixture.store.writer()
        var generator = SplitMix(seed: 7)
        for size in [0, 100, 20_000] {
            let bytes = random(size, &generator)
            let id = try scratch.addBody(bytes)
            #expect(try id == blobID(bytes))
            #expect(try scratch.addBody(from: try fixture.file("f", bytes), size: UInt64(size), holes: []) == id)
            #expect(try !fixture.store.contains(id))
        }
        let stored = try writer.commit("stored")
        try writer.finish()
        let commit = try scratch.commit("scratch")
        #expect(try Commit(decoding: scratch.read(commit, as: .commit)).message == Array("scratch\n".utf8))
        #expect(try scratch.read(stored, as: .commit).count > 0)
        #expect(try !fixture.store.contains(commit))
        #expect(throws: StoreError.self) { _ = try scratch.read(commit, as: .tree) }
    }

    @Test("bodies are listed by prefix, as libgit2 asks for them")
    func prefixes() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        var ids: Set<ObjectID> = []
        for byte in 0..<40 { ids.insert(try writer.addBody([UInt8](repeating: UInt8(byte), count: 20_000))) }
        try writer.finish()
        #expect(Set(try fixture.store.pool.ids(prefix: "")) == ids)
        for length in [1, 2, 3, 40] {
            let prefix = String(try #require(ids.first).hex.prefix(length))
            #expect(Set(try fixture.store.pool.ids(prefix: prefix)) == ids.filter { $0.hex.hasPrefix(prefix) })
        }
    }
}
