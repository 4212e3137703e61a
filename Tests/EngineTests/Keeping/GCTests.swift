@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@Suite("Collecting garbage", .enabled(if: isRoot))
struct GCTests {
    /// What all commits' files are, with their attributes.
    private static func contents(_ rig: Rig, _ commits: [ObjectID]) throws -> [String] {
        try commits.map { commit in
            let path = rig.directory.file("out")
            try rig.repository.checkOut(commit, to: path)
            defer { _ = try? run(["rm", "-rf", path]) }
            let pax = "--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime"
            let line = "tar --sort=name --xattrs --format=posix \(pax) -C \"$0\" -cf - . | sha256sum"
            return try run(["sh", "-c", line, path]).text
        }
    }

    private static func expectSound(_ rig: Rig, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try rig.again().check(repairs: false).problems == [], sourceLocation: sourceLocation)
        try rig.fsck()
    }

    private static func request(_ change: (inout CollectionRequest) -> Void = { _ in }) -> CollectionRequest {
        var request = CollectionRequest()
        change(&request)
        return request
    }

    @Test("whatever was done before, all that is kept comes out as it went in", arguments: [5, 6] as [UInt64])
    func random(seed: UInt64) throws {
        let rig = try Rig()
        var random = SplitMix(seed: seed)
        let container = try rig.container("c")
        let tag = try TagName(parsing: "side:1")
        for turn in 0..<12 {
            let upper = try rig.upper(container)
            try Rig.write("\(upper)/small\(random.next() % 4)", "\(turn)")
            try run(["sh", "-c", "head -c 50000 /dev/urandom >\"$0\"", "\(upper)/large\(random.next() % 3)"])
            _ = try rig.commit(container)
            switch random.next() % 4 {
            case 0: _ = try rig.repository.undo(by: Rig.author)
            case 1:
                let state = try rig.repository.state(of: container)
                if try rig.repository.tags().contains(where: { $0.name == tag }) {
                    _ = try rig.repository.deleteTag(tag, by: Rig.author)
                }
                try rig.repository.createTag(tag, at: state.base, by: Rig.author)
            case 2 where turn > 3:
                _ = try rig.repository.rollback(container, to: Revision(parsing: "base:1~1"), by: Rig.author)
                _ = try rig.repository.rollback(rig.tag, to: nil, by: Rig.author)
            default: break
            }
            guard turn % 3 == 2 else { continue }
            let kept = try rig.repository.checkedRoots().filter { try rig.repository.isOfFiles($0) }
            let before = try Self.contents(rig, kept)
            let plan = try rig.repository.collectGarbage(Self.request { $0.isDryRun = true })
            #expect(try rig.again().collectGarbage(Self.request()) == plan)
            #expect(try Self.contents(rig, kept) == before)
            try Self.expectSound(rig)
        }
        let size = try rig.stored()
        let tips = try rig.repository.tags().map(\.commit)
        let before = try Self.contents(rig, tips)
        let freed = try rig.repository.collectGarbage(Self.request { $0.expiry = .max })
        #expect(freed.operations > 0 && freed.bodies.count > 0)
        #expect(try rig.stored() < size)
        #expect(try Self.contents(rig, tips) == before)
        #expect(try rig.repository.operationLog().isEmpty)
        try Self.expectSound(rig)
        #expect(try rig.repository.status(of: container).changes.isEmpty)
    }

    @Test("a running container keeps its files, whatever becomes of its tag")
    func running() throws {
        let rig = try Rig { base in try run(["sh", "-c", "head -c 100000 /dev/urandom >\"$0\"/data/large", base]) }
        let script = "test -e /ended || { touch /ended; sleep 1000; }; cat /data/large >/dev/null"
        let running = try rig.start("c", script: script)
        _ = try rig.repository.deleteTag(rig.tag, by: Rig.author)
        _ = try rig.repository.collectGarbage(Self.request { $0.expiry = .max })
        let large = "\(running.root)/data/large"
        #expect(try run(["cmp", large, rig.directory.file("base/data/large")]).status == 0)
        try running.end()
        _ = try rig.repository.collectGarbage(Self.request { $0.expiry = .max })
        let again = try rig.varve("start", "-a", "c")
        #expect(again.status == 0, "\(again.errors)")
        try rig.repository.remove(running.container)
        _ = try rig.repository.collectGarbage(Self.request { $0.expiry = .max })
        #expect(try run(["sh", "-c", "find \(rig.root)/pool -type f | wc -l"]).text == "0\n")
        try Self.expectSound(rig)
    }

    @Test("a mounted commit keeps its files, also in a mount namespace of its own", arguments: Rig.modes)
    func mounted(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode) { base in try run(["sh", "-c", "head -c 100000 /dev/urandom >\"$0\"/data/large", base])
        }
        let apart =
            "cd \"$1\"; unshare -m sh -ec 'mkdir m; \"$0\" mount base:1 m; echo >ready; read x <go; cat m/data/large' \"$0\""
        let gone =
            "mkfifo go; (\(apart) | cmp - base/data/large && echo same) & while [ ! -e ready ]; do sleep 0.01; done"
        let collect = "\"$0\" tag -d base:1 >/dev/null; \"$0\" gc --expire 2037-01-01 >/dev/null; echo >go; wait"
        let result = try run(
            ["sh", "-c", "cd \"$1\"; \(gone); \(collect)", Rig.varve, rig.directory.path], environment: rig.environment)
        #expect(result.text == "same\n", "\(result.errors)")
        #expect(try rig.again().mountedCommits().count == 1)
        try Self.expectSound(rig)
        // As after a new start.
        try run(["sh", "-c", "cd \"$0\"/mounts && mv * old.1-1", rig.root])
        _ = try rig.again().collectGarbage(Self.request { $0.expiry = .max })
        #expect(try run(["sh", "-c", "find \(rig.root)/pool \(rig.root)/mounts -type f | wc -l"]).text == "0\n")
    }

    @Test("caches that nobody uses go, and come again", arguments: Rig.modes)
    func caches(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode)
        let container = try rig.container("c")
        try Rig.write("\(try rig.upper(container))/new", "new")
        _ = try rig.commit(container)
        #expect(try rig.varve("run", "--rm", "base:1", "true").status == 0)
        #expect(try rig.varve("run", "--rm", "base:1~1", "true").status == 0)
        let directory = mode == .image ? "images" : "checkouts"
        func cached() throws -> Int { try rig.repository.names(in: directory).filter { $0.utf8.count >= 40 }.count }
        #expect(try cached() == 2)
        // The container lies on the first commit, and the tag is at the second.
        let first = try rig.repository.collectGarbage(Self.request())
        #expect((first.images.count, first.checkouts.count) == (0, mode == .image ? 0 : 1))
        try rig.repository.remove(container)
        let second = try rig.repository.collectGarbage(Self.request())
        #expect((second.images.count, second.checkouts.count) == (mode == .image ? 1 : 0, mode == .image ? 0 : 1))
        #expect(try rig.varve("run", "--rm", "base:1~1", "true").status == 0)
        try Self.expectSound(rig)
    }

    @Test("compressed layers stay as long as a manifest names them", arguments: Digest.Algorithm.allCases)
    func blobs(_ algorithm: Digest.Algorithm) throws {
        let rig = try Rig()
        let names = ["a", "b"].map { String(repeating: $0, count: algorithm.byteCount * 2) }
        let directory = "\(rig.root)/blobs/\(algorithm)"
        try Files.makeDirectories(directory)
        for name in names { try Rig.write("\(directory)/\(name)", "content") }
        let manifest = #"{"layers":[{"digest":"\#(algorithm):\#(names[0])","size":7}]}"#
        let store = try rig.repository.store()
        let tip = try rig.repository.tagPosition(rig.tag)
        var writer: ObjectWriter? = try store.writer()
        var content = try rig.repository.content(of: tip)
        content.manifest = try writer?.add(.blob, Array(manifest.utf8))
        var commit = try store.commit(tip)
        if let writer { commit.tree = try content.write(to: writer) }
        let id = try writer?.add(.commit, commit.encoded)
        try rig.repository.move(
            "m", [RefMove(ref: rig.tag.ref, old: tip, new: id)], writer: writer, by: Rig.author)
        writer = nil
        let damages = try rig.repository.check(repairs: false).problems.map(\.damage.subject)
        #expect(damages == names.map { "compressed layer \($0)" })
        #expect(try rig.repository.collectGarbage(Self.request()).blobs.count == 1)
        #expect(try rig.repository.names(in: "blobs/\(algorithm)") == [names[0]])
        #expect(try rig.repository.diskUsage().blobs.count == 1)
        #expect(try rig.repository.collectGarbage(Self.request { $0.dropsBlobs = true }).blobs.count == 1)
        #expect(try rig.repository.names(in: "blobs/\(algorithm)") == [])
        try Self.expectSound(rig)
    }

    @Test("what killed commands left goes")
    func garbage() throws {
        let rig = try Rig()
        try Files.makeDirectories("\(rig.root)/containers/\(String(repeating: "a", count: 64))/upper.0")
        try Rig.write("\(rig.root)/pool/tmp/1_x", "body")
        try Rig.write("\(rig.root)/git/objects/pack/tmp_pack_1_x", "pack")
        try Rig.write("\(rig.root)/git/objects/pack/tmp_pack_aBcDeF", "git's, and perhaps in use")
        for name in ["pack-1.pack", "pack-1.promisor", "pack-2.promisor"] {
            try Rig.write("\(rig.root)/git/objects/pack/\(name)", "")
        }
        #expect(try rig.repository.collectGarbage(Self.request()).garbage.count == 6)
        #expect(try rig.repository.store().garbage() == ["git/objects/pack/tmp_pack_aBcDeF"])
        try run(["touch", "-d", "2 hours ago", "\(rig.root)/git/objects/pack/tmp_pack_aBcDeF"])
        #expect(try rig.repository.collectGarbage(Self.request()).garbage.count == 1)
        try Self.expectSound(rig)
    }

    @Test("beside imports, commits and runs in other processes nothing is lost")
    func concurrent() throws {
        let rig = try Rig()
        _ = try rig.container("w")
        let line = """
            cd "$1"
            (for i in 1 2 3 4 5 6 7 8; do
                mkdir -p i$i; echo $i >i$i/f; head -c 30000 /dev/urandom >i$i/large; cp i$i/large i$i/again
                "$0" import -q new:$i i$i >/dev/null || echo import; "$0" tag -d new:$i 2>error || { echo delete; cat error; }
                "$0" import -q old:1 i$i >/dev/null || echo import
            done) &
            (for i in 1 2 3 4 5 6 7 8; do
                "$0" start -a w >/dev/null 2>&1; "$0" run --rm base:1 true || echo run
                "$0" commit -q --allow-empty w -m $i >/dev/null || echo commit
            done) &
            p=$!
            (while [ ! -e end ]; do "$0" gc --expire now >/dev/null || echo gc; "$0" df >/dev/null || echo df; done) &
            wait $p; wait %1; touch end; wait
            """
        let result = try run(["bash", "-c", line, Rig.varve, rig.directory.path], environment: rig.environment)
        #expect(result.text.isEmpty, "\(result.text) \(result.errors)")
        try Self.expectSound(rig)
        _ = try rig.repository.collectGarbage(Self.request { $0.expiry = .max })
        try Self.expectSound(rig)
        #expect(try rig.again().resolve("old:1") == rig.again().tagPosition(TagName(parsing: "old:1")))
    }

    @Test("killed at any moment, nothing is lost")
    func killed() throws {
        let rig = try Rig()
        var random = SplitMix(seed: 3)
        let container = try rig.container("c")
        for turn in 0..<10 {
            try run(["sh", "-c", "head -c 50000 /dev/urandom >\"$0\"", "\(try rig.upper(container))/large"])
            _ = try rig.commit(container)
            let wait = String(1002 + random.next() % 50).dropFirst()
            let line = "\"$0\" gc --expire now & p=$!; sleep 0.\(wait); kill -9 $p; wait $p; true"
            try run(["sh", "-c", line, Rig.varve], environment: rig.environment)
            try Self.expectSound(rig)
            if turn == 5 { _ = try rig.again().collectGarbage(Self.request()) }
        }
        _ = try rig.again().collectGarbage(Self.request())
        // A lock of git's may stay for an hour.
        #expect(try rig.again().store().garbage().filter { !$0.hasSuffix(".lock") } == [])
        try Self.expectSound(rig)
    }
}

extension Repository {
    /// Whether it is a commit of files, not an operation.
    fileprivate func isOfFiles(_ commit: ObjectID) throws -> Bool {
        CommitContent(try store().tree(try store().commit(commit).tree)) != nil
    }
}
