import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct CollectorTests {
    @Test("of random histories exactly what git reaches is kept", arguments: [1, 2, 3, 4] as [UInt64])
    func random(seed: UInt64) throws {
        let fixture = try Fixture()
        var random = SplitMix(seed: seed)
        var commits: [ObjectID] = []
        var clock: Int64 = 1_700_000_000
        for turn in 0..<60 {
            clock += 100
            let ref = Fixture.refs[Int(random.next() % 3)]
            let position = try fixture.store.ref(ref)
            switch random.next() % 8 {
            case 0 where position != nil: try fixture.move(ref, to: nil, time: clock)
            case 1 where !commits.isEmpty:
                let target = commits[Int(random.next() % UInt64(commits.count))]
                // It may have been collected.
                if target != position, try fixture.store.contains(target) {
                    try fixture.move(ref, to: target, time: clock)
                }
            case 2:
                let writer = try fixture.store.writer()
                _ = try writer.commit("lost \(turn)", body: "lost \(turn)", parents: [])
                try writer.finish()
            case 3:
                // Another process's, with other packs open.
                let store = try ObjectStore(opening: fixture.root)
                try Fixture.collect(store, expiry: random.next() % 2 == 0 ? clock - 1000 : nil)
                try Fixture.expectExact(fixture.root)
            default: commits.append(try fixture.commit("\(seed) \(turn)", to: ref, time: clock))
            }
        }
        // Reflogs have git's time, not the author's.
        try Fixture.collect(fixture.store, expiry: .max)
        try Fixture.expectExact(fixture.root)
        #expect(try fixture.store.operations().isEmpty)
        #expect(try fixture.packs().count <= 1)
        for ref in Fixture.refs { #expect(try fixture.store.reflog(ref).isEmpty) }
        // And work goes on.
        try fixture.commit("last", to: Fixture.refs[0])
        #expect(try fixture.store.operations().count == 1)
        try Fixture.expectSound(fixture.root)
    }

    @Test("killed at any step, all that is needed is there, and the next collection ends it")
    func killed() throws {
        let fixture = try Fixture()
        let first = try fixture.commit("0", to: Fixture.refs[0])
        try fixture.commit("1", to: Fixture.refs[0])
        try fixture.commit("other", to: Fixture.refs[1])
        try fixture.move(
            Fixture.refs[0], to: first)
        var copies: [(step: Checkpoint, root: String)] = []
        fixture.store.checkpoint = { (step) throws(StoreError) in
            let copy = fixture.directory.file("copy\(copies.count)")
            do { try run(["cp", "-a", fixture.root, copy]) } catch {
                throw StoreError("copy", copy, .invalid("\(error)"))
            }
            copies.append((step, copy))
        }
        let tips = try fixture.store.refs(prefix: "refs/heads/").map(\.id)
        let freed = try Fixture.collect(fixture.store, expiry: 1_800_000_000)
        fixture.store.checkpoint = nil
        #expect(freed.bodies.count == 1 && freed.objects.count > 5)
        #expect(Set(copies.map(\.step)) == [.logCut, .repacked, .packRemoved, .bodyRemoved])
        for (step, root) in copies {
            try Fixture.expectSound(root)
            let store = try ObjectStore(opening: root)
            #expect(try store.refs(prefix: "refs/heads/").map(\.id) == tips, "\(step)")
            try Fixture.collect(store, expiry: 1_800_000_000)
            try Fixture.expectExact(root)
        }
    }

    @Test("what a writer found while a collection was under way is kept")
    func latecomers() throws {
        let fixture = try Fixture()
        let one = try fixture.commit("one", to: Fixture.refs[0])
        try fixture.commit("two", to: Fixture.refs[1])
        try fixture.move(Fixture.refs[0], to: nil)
        let other = try ObjectStore(opening: fixture.root)
        #expect(try other.contains(one))
        try Fixture.collect(fixture.store, expiry: 1_800_000_000) {
            // Nothing of it is written again, since all is there.
            let writer = try other.writer()
            let again = try writer.commit("one", body: "one body", parents: [])
            #expect(again == one)
            try other.perform(
                Operation(
                    author: ada, description: "late", moves: [RefMove(ref: "refs/heads/late/@x", old: nil, new: again)]),
                writer: writer)
        }
        try Fixture.expectSound(fixture.root)
        #expect(try other.commit(one).parents.isEmpty)
        #expect(try fixture.git("cat-file", "-e", one.hex).status == 0)
    }

    @Test("a writer that was open before a collection does not find what has gone")
    func forgetsPacks() throws {
        let fixture = try Fixture()
        let one = try fixture.commit("one", to: Fixture.refs[0])
        try fixture.commit("two", to: Fixture.refs[1])
        let other = try ObjectStore(opening: fixture.root)
        #expect(try other.commit(one).parents.isEmpty)
        try fixture.move(Fixture.refs[0], to: nil)
        try Fixture.collect(fixture.store, expiry: 1_800_000_000)
        let move = RefMove(ref: "refs/heads/late/@x", old: nil, new: one)
        #expect(throws: StoreError("perform", "commit \(one.hex)", .missing)) {
            try other.perform(Operation(author: ada, description: "late", moves: [move]))
        }
        let writer = try other.writer()
        #expect(try writer.commit("one", body: "one body", parents: []) == one)
        try other.perform(Operation(author: ada, description: "again", moves: [move]), writer: writer)
        try Fixture.expectSound(fixture.root)
    }

    @Test("who only reads goes on finding what is kept, whatever it had open", arguments: [0, 1, 2])
    func readers(_ use: Int) throws {
        let fixture = try Fixture()
        var commits: [ObjectID] = []
        for turn in 0..<8 { commits.append(try fixture.commit("turn \(turn)", to: Fixture.refs[0])) }
        let reader = try ObjectStore(opening: fixture.root)
        switch use {
        // Indexes alone are open; or some packs too; or nothing.
        case 1: for id in commits { #expect(try reader.contains(id)) }
        case 2: for id in commits.prefix(3) { #expect(try reader.commit(id).message.count == 7) }
        default: _ = try reader.ref(Fixture.refs[0])
        }
        try Fixture.collect(fixture.store)
        for id in commits {
            let tree = try reader.commit(id).tree
            #expect(try reader.tree(tree).count == 2)
        }
        #expect(try reader.ancestor(of: commits[7], generations: 7) == commits[0])
    }

    @Test("a writer keeps a collection out, not other writers, and a collection keeps writers out")
    func locks() throws {
        let fixture = try Fixture()
        try fixture.commit("one", to: Fixture.refs[0])
        let other = try ObjectStore(opening: fixture.root)
        var writer: ObjectWriter? = try other.writer()
        let reachable = try Reachability(in: fixture.store)
        try reachable.add(try fixture.store.roots())
        let collector = try Collector(fixture.store, reachable)
        #expect(try !collector.keepWritersOut(waits: false))
        #expect(throws: StoreError("collect garbage", "", .invalid("writers are not kept out"))) {
            try collector.sweep()
        }
        _ = try ObjectStore(opening: fixture.root).writer()
        writer = nil
        #expect(writer == nil)
        #expect(try collector.keepWritersOut(waits: false))
        let lock = try FileLock.isHeld("\(fixture.root)/gc.lock")
        #expect(lock)
        withExtendedLifetime(collector) {}
    }

    @Test("packs that git was told to keep, and those that it made, are treated as git would")
    func foreignPacks() throws {
        let fixture = try Fixture()
        for turn in 0..<5 { try fixture.commit("\(turn)", to: Fixture.refs[0]) }
        let kept = try #require(try fixture.packs().first)
        try run(["touch", "\(fixture.root)/git/objects/pack/\(kept.dropLast(5)).keep"])
        try Fixture.collect(fixture.store)
        #expect(try fixture.packs().contains(kept))
        #expect(try fixture.packs().count == 2)
        try Fixture.expectSound(fixture.root)
        #expect(try fixture.git("repack", "-a", "-d", "-f").status == 0)
        try fixture.commit("more", to: Fixture.refs[0])
        try Fixture.collect(fixture.store)
        try Fixture.expectSound(fixture.root)
        #expect(try fixture.git("commit-graph", "verify").status == 0)
    }

    @Test("nothing is removed where something that is needed can't be read")
    func damaged() throws {
        let fixture = try Fixture()
        try fixture.commit("one", to: Fixture.refs[0])
        try fixture.commit("two", to: Fixture.refs[1])
        let lost = try #require(try fixture.packs().first)
        try run(["sh", "-c", "rm \(fixture.root)/git/objects/pack/\(lost.dropLast(5)).*"])
        let before = try run(["find", "\(fixture.root)/git/objects", "\(fixture.root)/pool"]).text
        #expect(throws: StoreError.self) { try Fixture.collect(try ObjectStore(opening: fixture.root)) }
        #expect(try run(["find", "\(fixture.root)/git/objects", "\(fixture.root)/pool"]).text == before)
    }

    @Test("an older note of what was applied may come back after operations have expired")
    func olderNote() throws {
        let fixture = try Fixture()
        try fixture.commit("one", to: Fixture.refs[0])
        let note = "\(fixture.root)/git/refs/varve/applied"
        let older = try #require(try Files.contentsIfPresent(note))
        let file = try Files.status(KernelPath(note)).inode
        try fixture.commit("two", to: Fixture.refs[0])
        try fixture.commit("three", to: Fixture.refs[0])
        try Fixture.collect(fixture.store, expiry: 1_800_000_000)
        // Replaced, which is durable, and not overwritten.
        #expect(try Files.status(KernelPath(note)).inode != file)
        try Files.open(KernelPath(note), flags: O_WRONLY).write(older)
        let store = try ObjectStore(opening: fixture.root)
        try store.recover { _ in }
        #expect(try !store.needsRecovery())
        try fixture.commit("four", to: Fixture.refs[0])
        #expect(try store.operations().count == 1)
        try Fixture.expectSound(fixture.root)
    }

    @Test("locks that a killed collection left are garbage, and keep none after it from its work")
    func staleLocks() throws {
        let fixture = try Fixture()
        for content in ["one", "two"] { try fixture.commit(content, to: Fixture.refs[0]) }
        try fixture.store.writeCommitGraph()
        let locks = ["git/logs/\(Fixture.refs[0]).lock", "git/objects/info/commit-graph.lock"]
        for lock in locks { try run(["touch", "-d", "1 minute ago", "\(fixture.root)/\(lock)"]) }
        #expect(try fixture.store.garbage() == locks)
        #expect(try fixture.store.abandoned(now: Int64(time(nil))) == [])
        #expect(try fixture.store.abandoned(now: Int64(time(nil)) + 3600) == locks)
        try Fixture.collect(fixture.store, expiry: .max)
        #expect(try fixture.store.garbage() == [])
        #expect(try fixture.store.reflog(Fixture.refs[0]).isEmpty)
        #expect(fixture.store.maintenanceFailure == nil)
        try Fixture.expectExact(fixture.root)
    }

    @Test("a commit-graph that can't be written keeps nothing from being removed")
    func noCommitGraph() throws {
        let fixture = try Fixture()
        for content in ["one", "two"] { try fixture.commit(content, to: Fixture.refs[0]) }
        do {
            let writer = try fixture.store.writer()
            _ = try writer.commit("lost", body: "lost", parents: [])
            try writer.finish()
        }
        let lock = "\(fixture.root)/git/objects/info/commit-graph.lock"
        try run(["mkdir", "-p", "\(lock)/full"])
        try run(["touch", "-d", "1 minute ago", lock])
        let freed = try Fixture.collect(fixture.store)
        #expect(freed.bodies.count == 1)
        #expect(fixture.store.maintenanceFailure != nil)
        try run(["rm", "-r", lock])
        try Fixture.expectExact(fixture.root)
    }

    @Test("an operation with an old date takes none that are before it in the log")
    func oldDates() throws {
        let fixture = try Fixture()
        let times: [Int64] = [100, 200, 1000, 50, 1100, 60]
        for (turn, time) in times.enumerated() { try fixture.commit("\(turn)", to: Fixture.refs[0], time: time) }
        #expect(try LogExpiry(before: 1000, in: fixture.store).operations == 2)
        #expect(try LogExpiry(before: 40, in: fixture.store).cut == nil)
        #expect(try LogExpiry(before: 1050, in: fixture.store).operations == 4)
        #expect(try LogExpiry(before: .max, in: fixture.store).operations == 6)
        try Fixture.collect(fixture.store, expiry: 1000)
        #expect(try fixture.store.operations().map(\.operation.author.seconds) == [60, 1100, 50, 1000])
        try Fixture.expectExact(fixture.root)
    }

    @Test("an operation that was taken back keeps nothing when it is forgotten and what took it back is not")
    func undone() throws {
        let fixture = try Fixture()
        let lost = try fixture.commit("one", to: Fixture.refs[0], time: 100)
        try fixture.move(Fixture.refs[0], to: nil, time: 200)
        try fixture.commit("two", to: Fixture.refs[1], time: 300)
        let two = try fixture.commit("three", to: Fixture.refs[1], time: 400)
        let undone = try #require(try fixture.store.operations().first?.id)
        try fixture.commit("four", to: Fixture.refs[1], time: 500)
        for time in [1000, 2000, 3000] as [Int64] {
            let author = Signature(name: ada.name, email: ada.email, seconds: time, zone: 0)
            try fixture.store.perform(
                Operation(author: author, description: "undo", moves: [], undoes: time == 1000 ? undone : nil))
        }
        #expect(try LogExpiry(before: 1000, in: fixture.store).undone == [undone])
        try Fixture.collect(fixture.store, expiry: 1000)
        let store = try ObjectStore(opening: fixture.root)
        #expect(try !store.contains(lost))
        #expect(try store.contains(two) && store.contains(undone))
        try Fixture.expectExact(fixture.root)
        // The cut moves on, and what was taken back stays where it is.
        try Fixture.collect(store, expiry: 2500)
        #expect(try store.operations().count == 1)
        try Fixture.expectExact(fixture.root)
    }

    @Test("what is named for a body, or a file, and is a tree or a commit hides nothing")
    func hidden() throws {
        let fixture = try Fixture()
        let hidden = try fixture.commit("hidden", to: Fixture.refs[0])
        let tree = try fixture.store.commit(hidden).tree
        let inner = try #require(try fixture.store.tree(tree).first { $0.mode == .tree }).id
        do {
            let writer = try fixture.store.writer()
            // Sorted after the other, and so looked at before it.
            var entries = [TreeEntry(mode: .file, name: "file", id: inner)]
            if let first = try fixture.store.ref(Fixture.refs[0]) {
                entries.append(TreeEntry(mode: .executable, name: "other", id: first))
            }
            let root = try writer.add(.tree, try Tree.encode(entries))
            let commit = Commit(tree: root, parents: [hidden], author: ada, committer: ada, message: [])
            let id = try writer.add(.commit, commit.encoded)
            try fixture.move(Fixture.refs[1], to: id, writer: writer)
        }
        let named = [hidden, tree, inner]
        for id in try fixture.store.refs(prefix: "refs/heads/").map(\.id) {
            let reachable = try Reachability(in: fixture.store) { _ in named }
            try reachable.add([id])
            try reachable.add([hidden])
            let bodies = try fixture.store.tree(inner).map(\.id)
            for body in bodies { #expect(reachable.contains(body)) }
        }
    }
}
