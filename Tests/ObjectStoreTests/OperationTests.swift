import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct OperationTests {
    private let tag = "refs/heads/debian/@12"

    @Test("a ref moves with its operation, and both histories tell it newest first")
    func history() throws {
        let fixture = try Fixture()
        let store = fixture.store
        var commits: [ObjectID] = []
        for index in 0..<3 {
            let writer = try store.writer()
            commits.append(try writer.commit("\(index)", parents: commits.suffix(1)))
            try store.perform(
                Operation(
                    author: ada, description: "step \(index)",
                    moves: [RefMove(ref: tag, old: commits.dropLast().last, new: commits[index])]),
                writer: writer)
        }
        #expect(try store.ref(tag) == commits[2])
        #expect(try store.reflog(tag).map(\.new) == commits.reversed())
        #expect(try store.reflog(tag).map(\.old) == [commits[1], commits[0], nil])
        #expect(
            try store.reflog(tag).map { String(decoding: $0.message, as: UTF8.self) } == ["step 2", "step 1", "step 0"])
        #expect(try store.reflog(tag).first?.author.name == "Ada")
        let operations = try store.operations()
        #expect(operations.map(\.operation.description) == ["step 2", "step 1", "step 0"])
        #expect(try store.operations(limit: 1).count == 1)
        #expect(try store.operation(before: operations[0].id) == operations[1].id)
        #expect(try store.operation(operations[2].id).moves == [RefMove(ref: tag, old: nil, new: commits[0])])
        #expect(try !store.needsRecovery())
        #expect(try fixture.fsck() == "")
        #expect(try fixture.git("log", "-g", "--format=%gs", tag).text == "step 2\nstep 1\nstep 0\n")
        // One pack an operation.
        #expect(try fixture.packs().count == 3)
    }

    @Test("nothing happens where a ref is not at its old value, and the error says where it is")
    func compareAndSwap() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one"), two = try writer.commit("two")
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        let other = "refs/heads/other/@x"
        for (old, new) in [(nil, two), (two, one), (two, nil)] as [(ObjectID?, ObjectID?)] {
            #expect(throws: StoreError("move ref", tag, .moved(expected: old, actual: one))) {
                try fixture.store.perform(
                    Operation(
                        author: ada, description: "wrong",
                        moves: [RefMove(ref: other, old: nil, new: two), RefMove(ref: tag, old: old, new: new)]))
            }
        }
        #expect(try fixture.store.ref(other) == nil)
        #expect(try fixture.store.operations().count == 1)
        #expect(try fixture.store.refs(prefix: "refs/heads/").map(\.name) == [tag])
    }

    @Test("a deleted tag keeps its history in the operation log")
    func deletion() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one")
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        try fixture.store.perform(
            Operation(author: ada, description: "drop", moves: [RefMove(ref: tag, old: one, new: nil)]))
        #expect(try fixture.store.ref(tag) == nil)
        #expect(try fixture.store.reflog(tag).map(\.old) == [one, nil])
        #expect(try fixture.store.reflog("refs/heads/never/@x") == [])
        // The commit is still reachable: from the log.
        #expect(try fixture.git("rev-list", "--all").text.contains(one.hex))
    }

    @Test("refs that someone packed are still found")
    func packedRefs() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one")
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        #expect(try fixture.git("pack-refs", "--all").status == 0)
        #expect(try fixture.store.operations().count == 1)
        #expect(try !fixture.store.needsRecovery())
        let again = try fixture.store.writer()
        let two = try again.commit("two")
        try fixture.store.perform(
            Operation(author: ada, description: "move", moves: [RefMove(ref: tag, old: one, new: two)]), writer: again)
        #expect(try fixture.store.operations().count == 2)
        #expect(try fixture.store.ref(tag) == two)
        #expect(try fixture.fsck() == "")
    }

    @Test("killed at any step, the repository is as before or as after, and whole")
    func killed() throws {
        let fixture = try Fixture()
        let store = fixture.store
        let first = try store.writer()
        let one = try first.commit("one")
        let moves = ["a", "b", "c"].map { "refs/heads/\($0)/@x" }
        try store.perform(
            Operation(author: ada, description: "make", moves: moves.map { RefMove(ref: $0, old: nil, new: one) }),
            writer: first)

        // A copy of the directory at a step is what a kill at that step leaves.
        var copies: [(step: Checkpoint, root: String)] = []
        store.checkpoint = { (step) throws(StoreError) in
            let copy = fixture.directory.file("copy\(copies.count)")
            do { try run(["cp", "-a", fixture.root, copy]) } catch {
                throw StoreError("copy", copy, .invalid("\(error)"))
            }
            copies.append((step, copy))
        }
        let second = try store.writer()
        let body = try second.addBody([UInt8](repeating: 1, count: 50_000))
        let two = try second.commit("two", parents: [one])
        let base = BaseMove(container: "c1", old: one, new: two, upper: 0)
        try store.perform(
            Operation(
                author: ada, description: "move",
                moves: [
                    RefMove(ref: moves[0], old: one, new: two), RefMove(ref: moves[1], old: one, new: nil),
                    RefMove(ref: "refs/heads/d/@x", old: nil, new: two),
                ], bases: [base]),
            writer: second)
        store.checkpoint = nil
        #expect(
            copies.map(\.step) == [
                .sealed, .bodiesPublished, .packPublished, .operationRecorded, .refMoved, .refMoved, .refMoved,
                .refsMoved, .basesMoved, .applied,
            ])
        for (step, root) in copies {
            let copy = try ObjectStore(opening: root)
            let isNew = ![.sealed, .bodiesPublished, .packPublished].contains(step)
            #expect(try copy.needsRecovery() == (isNew && step != .applied), "\(step)")
            var applied: [BaseMove] = []
            try copy.recover { applied += $0 }
            #expect(applied == (isNew && step != .applied ? [base] : []), "\(step)")
            #expect(try !copy.needsRecovery())
            #expect(try copy.ref(moves[0]) == (isNew ? two : one), "\(step)")
            #expect(try copy.ref(moves[1]) == (isNew ? nil : one), "\(step)")
            #expect(try copy.ref(moves[2]) == one, "\(step)")
            #expect(try copy.ref("refs/heads/d/@x") == (isNew ? two : nil), "\(step)")
            #expect(try copy.operations().count == (isNew ? 2 : 1), "\(step)")
            if isNew { #expect(try copy.body(body, size: 50_000, holes: []).bytes().count == 50_000) }
            #expect(try Fixture.fsck(root) == "", "\(step)")
            // And work goes on.
            let writer = try copy.writer()
            let three = try writer.commit("three")
            try copy.perform(
                Operation(author: ada, description: "on", moves: [RefMove(ref: moves[2], old: one, new: three)]),
                writer: writer)
            #expect(try copy.ref(moves[2]) == three)
        }
    }

    @Test("what could not be carried out is refused before anything is recorded")
    func impossible() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one")
        let tree = try Commit(decoding: writer.read(one, as: .commit)).tree
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        let impossible: [[RefMove]] = [
            [RefMove(ref: "refs/heads/a..b", old: nil, new: one)], [RefMove(ref: "HEAD", old: nil, new: one)],
            [RefMove(ref: "refs/varve/operations", old: nil, new: one)],
            [RefMove(ref: "\(tag)/below", old: nil, new: one)], [RefMove(ref: "refs/heads/debian", old: nil, new: one)],
            [RefMove(ref: "refs/x", old: nil, new: one), RefMove(ref: "refs/x/y", old: nil, new: one)],
            [RefMove(ref: "refs/x", old: nil, new: one), RefMove(ref: "refs/x", old: nil, new: one)],
            [RefMove(ref: "refs/x", old: nil, new: tree)], [RefMove(ref: "refs/x", old: nil, new: .emptyTree)],
        ]
        for moves in impossible {
            #expect(throws: StoreError.self, "\(moves)") {
                try fixture.store.perform(Operation(author: ada, description: "no", moves: moves))
            }
        }
        #expect(throws: StoreError.self) {
            try fixture.store.perform(Operation(author: ada, description: "two\nlines", moves: []))
        }
        #expect(try fixture.store.operations().count == 1)
        #expect(try !fixture.store.needsRecovery())
        // A ref that goes makes room.
        try fixture.store.perform(
            Operation(
                author: ada, description: "rename",
                moves: [RefMove(ref: "refs/heads/debian", old: nil, new: one), RefMove(ref: tag, old: one, new: nil)]))
        #expect(try fixture.store.refs(prefix: "refs/heads/").map(\.name) == ["refs/heads/debian"])
    }

    @Test("a lock that a killed process left on a ref does not stop the next")
    func staleLock() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one")
        try run(["mkdir", "-p", "\(fixture.root)/git/refs/heads/debian"])
        try run(["touch", "-d", "1 hour ago", "\(fixture.root)/git/\(tag).lock"])
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        #expect(try fixture.store.ref(tag) == one)
        // A young one may be someone's: it is waited for until it is old.
        try run(["touch", "\(fixture.root)/git/\(tag).lock"])
        try fixture.store.perform(
            Operation(author: ada, description: "drop", moves: [RefMove(ref: tag, old: one, new: nil)]))
        #expect(try fixture.store.ref(tag) == nil)
    }

    @Test("the next operation completes an interrupted one first, bases included")
    func nextCompletes() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one"), two = try writer.commit("two")
        struct Stop: Error {}
        let base = BaseMove(container: "c1", old: one, new: two, upper: 0)
        let error = #expect(throws: StoreError.self) {
            try fixture.store.perform(
                Operation(
                    author: ada, description: "first", moves: [RefMove(ref: tag, old: nil, new: one)], bases: [base]),
                writer: writer
            ) { _ in throw Stop() }
        }
        #expect(error?.description.contains("recorded; the next varve command completes it") == true)
        #expect(try fixture.store.needsRecovery())
        var applied: [[BaseMove]] = []
        try fixture.store.perform(
            Operation(author: ada, description: "second", moves: [RefMove(ref: tag, old: one, new: two)])
        ) { applied.append($0) }
        #expect(applied == [[base]])
        #expect(try fixture.store.ref(tag) == two)
    }

    @Test("an operation that is complete but for the note that it is has not failed")
    func unsettled() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one")
        let note = "\(fixture.root)/git/refs/varve/applied"
        fixture.store.checkpoint = { (step) throws(StoreError) in
            guard step == .basesMoved else { return }
            do { try run(["mkdir", note]) } catch { throw StoreError("mkdir", note, .invalid("\(error)")) }
        }
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        #expect(try fixture.store.ref(tag) == one)
        #expect(fixture.store.maintenanceFailure != nil)
        try run(["rmdir", note])
        let next = try ObjectStore(opening: fixture.root)
        try next.recover { _ in }
        #expect(try !next.needsRecovery())
    }

    @Test("nobody waits for the lock while much is flushed", arguments: [false, true])
    func unlocked(_ isPooled: Bool) throws {
        let fixture = try Fixture()
        var generator = SplitMix(seed: 16)
        let writer = try fixture.store.writer()
        if isPooled {
            _ = try writer.addBody(random(5 << 20, &generator), step: 1 << 20)
        } else {
            for _ in 0..<10 { try writer.add(.blob, random(1 << 20, &generator)) }
        }
        let one = try writer.commit("one")
        var isFree: [Checkpoint: [Bool]] = [:]
        let lock = "\(fixture.root)/lock"
        fixture.store.checkpoint = { (step) throws(StoreError) in
            do { isFree[step, default: []].append(try run(["flock", "-n", lock, "true"]).status == 0) } catch {
                throw StoreError("look at lock", lock, .invalid("\(error)"))
            }
        }
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        #expect(isFree[.packPublished] == [true, false])
        #expect(isFree[.bodiesPublished] == (isPooled ? [true] : nil))
        #expect(isFree[.operationRecorded] == [false])
        #expect(try fixture.store.ref(tag) == one)
        #expect(try fixture.fsck() == "")
    }

    @Test("many processes at once lose no operation")
    func concurrent() async throws {
        let fixture = try Fixture()
        let root = fixture.root
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let store = try ObjectStore(opening: root)
                    for step in 0..<10 {
                        let writer = try store.writer()
                        let commit = try writer.commit("\(worker) \(step)")
                        let ref = "refs/heads/w\(worker)/@x"
                        try store.perform(
                            Operation(
                                author: ada, description: "w\(worker)",
                                moves: [RefMove(ref: ref, old: try store.ref(ref), new: commit)]),
                            writer: writer)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try fixture.store.operations().count == 40)
        for worker in 0..<4 { #expect(try fixture.store.reflog("refs/heads/w\(worker)/@x").count == 10) }
        #expect(try fixture.fsck() == "")
    }
}
