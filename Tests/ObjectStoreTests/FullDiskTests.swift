import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct FullDiskTests {
    /// A repository on a small filesystem of its own.
    private final class SmallDisk {
        let directory: TemporaryDirectory
        let store: ObjectStore

        init() throws {
            directory = try TemporaryDirectory("disk")
            let mounted = try run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", directory.path])
            guard mounted.status == 0 else { throw StoreError("mount", directory.path, .invalid(mounted.errors)) }
            try ObjectStore.create(at: directory.file("r"))
            store = try ObjectStore(opening: directory.file("r"))
        }

        deinit { _ = try? run(["umount", "-l", directory.path]) }
    }

    private func isNoSpace(_ error: StoreError) -> Bool {
        if case .system(let cause) = error.cause { return cause.errno == .noSpace }
        return false
    }

    @Test("a full disk is said to be full, leaves no temporaries, and what was stored stays", .enabled(if: isRoot))
    func full() throws {
        let disk = try SmallDisk()
        let first = try disk.store.writer()
        let commit = try first.commit("first")
        try disk.store.perform(
            Operation(author: ada, description: "a", moves: [RefMove(ref: "refs/heads/a/@b", old: nil, new: commit)]),
            writer: first)
        var generator = SplitMix(seed: 9)
        let noise = random(1 << 20, &generator)
        let writer = try disk.store.writer()
        let pooled = try #require(throws: StoreError.self) {
            for index in 0..<10 { _ = try writer.addBody([UInt8(index)] + noise, step: 1 << 20) }
        }
        #expect(isNoSpace(pooled), "\(pooled)")
        try writer.abandon()
        #expect(try disk.store.garbage() == [])
        let packed = try #require(throws: StoreError.self) {
            let writer = try disk.store.writer()
            for index in 0..<10 { try writer.add(.blob, [UInt8(index)] + noise) }
            try writer.finish()
        }
        #expect(isNoSpace(packed), "\(packed)")
        #expect(try disk.store.garbage() == [])
        #expect(try disk.store.ref("refs/heads/a/@b") == commit)
        #expect(try Fixture.fsck(disk.directory.file("r")) == "")
    }

    @Test("a read-only repository can be read, and says why it can't be written", .enabled(if: isRoot))
    func readOnly() throws {
        let disk = try SmallDisk()
        let first = try disk.store.writer()
        let commit = try first.commit("first")
        try first.finish()
        #expect(try run(["mount", "-o", "remount,ro", disk.directory.path]).status == 0)
        #expect(try disk.store.commit(commit).message == Array("first\n".utf8))
        #expect(try !disk.store.needsRecovery())
        let writer = try disk.store.writer()
        let second = try writer.commit("second")
        let error = try #require(throws: StoreError.self) { try writer.finish() }
        guard case .system(let cause) = error.cause else {
            Issue.record("\(error)")
            return
        }
        #expect(cause.errno == .readOnly)
        #expect(throws: StoreError.self) {
            try disk.store.perform(
                Operation(
                    author: ada, description: "a", moves: [RefMove(ref: "refs/heads/a/@b", old: nil, new: second)]))
        }
    }
}
