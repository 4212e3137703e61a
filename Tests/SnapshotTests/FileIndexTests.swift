import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("The file index")
struct FileIndexTests {
    private let later = Timestamp(seconds: .max)

    private func random(_ seed: UInt64) -> FileIndex {
        var generator = SplitMix(seed: seed)
        var index = FileIndex(now: later)
        for _ in 0..<Int.random(in: 0...20, using: &generator) {
            let attributes = randomAttributes(.regular, &generator)
            let other = randomAttributes(.characterDevice, &generator)
            let key = FileIndex.Key(
                filesystem: other.device ?? DeviceNumber(major: 0, minor: 0),
                inode: UInt64.random(in: 0...(.max), using: &generator), size: attributes.size,
                modified: attributes.modified, changed: other.modified)
            let id = ObjectID(hashing: .blob, randomBytes(8, &generator))
            index.lines[key] = FileIndex.Line(body: .init(id: id, holes: attributes.holes), isUsed: true)
        }
        return index
    }

    @Test("comes back from its bytes", arguments: 0..<50)
    func roundTrip(seed: UInt64) {
        let index = random(seed)
        var decoded = FileIndex(decoding: index.encoded(), now: later)
        #expect(decoded.lines.mapValues(\.body) == index.lines.mapValues(\.body))
        #expect(decoded.isChanged == !decoded.lines.isEmpty, "nobody used a line yet")
        #expect(decoded.encoded() == FileIndex(now: later).encoded(), "what nobody used is gone")
        for key in Array(decoded.lines.keys) { decoded.lines[key]?.isUsed = true }
        #expect(!decoded.isChanged)
        #expect(decoded.encoded() == index.encoded())
    }

    @Test("counts as empty when a byte of it is wrong or missing")
    func damage() {
        let bytes = random(8).encoded()
        #expect(!FileIndex(decoding: bytes, now: later).lines.isEmpty)
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] ^= 1 << UInt8(position % 8)
            #expect(FileIndex(decoding: damaged, now: later).lines.isEmpty)
            #expect(FileIndex(decoding: Array(bytes[..<position]), now: later).lines.isEmpty)
        }
        #expect(FileIndex(decoding: bytes + [0], now: later).lines.isEmpty)
    }

    @Test("takes no bytes on trust, even with a good checksum")
    func forged() {
        var generator = SplitMix(seed: 9)
        let bytes = random(8).encoded().dropLast(20)
        for _ in 0..<3000 {
            var forged = Array(bytes)
            forged[Int.random(in: 14..<forged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            if Bool.random(using: &generator) {
                forged.removeLast(Int.random(in: 0..<forged.count - 14, using: &generator))
            }
            forged += ObjectID(hashing: .blob, forged).bytes
            // It may be read as something else, but not beyond its end.
            #expect(FileIndex(decoding: forged, now: later).lines.count <= forged.count / 76)
        }
    }

    private func status(_ path: String) throws -> FileStatus { try Files.status(KernelPath(path)) }

    @Test("forgets what changed just before it was looked at")
    func racilyClean() throws {
        let directory = try TemporaryDirectory("index")
        let file = directory.file("file")
        try shell("echo x > file", in: directory.path)
        let status = try status(file)
        let body = FileIndex.Body(id: .emptyBlob)
        for (delay, isKept) in [(-5_000_000, false), (0, false), (19_000_000, false), (21_000_000, true)] {
            let nanoseconds = Int64(status.changed.nanoseconds) + Int64(delay) + 1_000_000_000
            let now = Timestamp(
                seconds: status.changed.seconds - 1 + nanoseconds / 1_000_000_000,
                nanoseconds: UInt32(nanoseconds % 1_000_000_000))
            var index = FileIndex(now: now)
            index.remember(body, of: status)
            #expect((index.body(of: status) != nil) == isKept, "\(delay)")
            #expect(index.isChanged == isKept)
        }
    }

    @Test("does not believe a file that was changed and given its old size and time")
    func restoredTime() throws {
        let directory = try TemporaryDirectory("index")
        let file = directory.file("file")
        try shell("echo old > file", in: directory.path)
        let before = try status(file)
        var index = FileIndex(now: later)
        index.remember(.init(id: ObjectID(hashing: .blob, Array("old\n".utf8))), of: before)
        #expect(index.body(of: try status(file)) != nil)
        // The clock that the kernel stamps files with moves in ticks.
        usleep(30_000)
        try shell("printf 'new\\n' > file", in: directory.path)
        try Files.setModified(KernelPath(file), before.modified)
        let after = try status(file)
        #expect((after.size, after.modified, after.inode) == (before.size, before.modified, before.inode))
        #expect(index.body(of: after) == nil)
    }
}
