@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

@Suite("Committing a container", .enabled(if: isRoot))
struct CommitTests {
    @Test("the commit is on the base, carries its config, moves the tag, and leaves the container clean")
    func plain() throws {
        let rig = try Rig()
        let base = try rig.repository.resolve("base:1")
        let container = try rig.container("c")
        #expect(throws: EngineError.self) { try rig.commit(container) }
        #expect(try rig.repository.resolve("base:1") == base)
        try Rig.write("\(try rig.upper(container))/new", "new")
        #expect(try rig.paths(container) == ["A /new"])
        let id = try rig.commit(container)
        #expect(try rig.repository.resolve("base:1") == id)
        #expect(try rig.repository.store().commit(id).parents == [base])
        #expect(try rig.repository.content(of: id).config == rig.repository.content(of: base).config)
        #expect(try rig.isClean(container))
        let empty = try rig.commit(container) { $0.allowsEmpty = true }
        #expect(try rig.repository.content(of: empty).fs == rig.repository.content(of: id).fs)
        try rig.fsck()
    }

    @Test("a commit of some paths leaves the other changes")
    func someOfIt() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let upper = try rig.upper(container)
        try Rig.write("\(upper)/one", "1")
        try Rig.write("\(upper)/two", "2")
        let path = try #require(BytePath(parsing: "/one".utf8))
        _ = try rig.commit(container) { $0.paths = [path] }
        #expect(try rig.paths(container) == ["A /two"])
        _ = try rig.commit(container)
        #expect(try rig.isClean(container))
    }

    @Test("a tag that has moved meanwhile is refused, and a new one is made")
    func moved() throws {
        let rig = try Rig()
        let (first, second) = (try rig.container("first"), try rig.container("second"))
        for container in [first, second] { try Rig.write("\(try rig.upper(container))/f", container.name) }
        let id = try rig.commit(first)
        #expect {
            try rig.commit(second)
        } throws: {
            if case EngineError.tagMoved(_, _, let actual) = $0 { actual == id } else { false }
        }
        #expect(try rig.paths(second) == ["A /f"])
        let other = try TagName(parsing: "other:1")
        let made = try rig.commit(second) { $0.tag = other }
        #expect(try rig.repository.tagPosition(other) == made)
        #expect(try rig.repository.resolve("base:1") == id)
    }

    @Test("of two commits of one container at once each is whole, and one may have nothing left to do")
    func twoAtOnce() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        for turn in 0..<3 {
            let before = try rig.repository.resolve("base:1")
            try Rig.write("\(try rig.upper(container))/f", "\(turn)")
            let line =
                "\"$0\" commit c -m a >/dev/null 2>&1 & \"$0\" commit c -m b >/dev/null 2>&1; x=$?; wait $!; echo $x $?"
            let codes = try run(["sh", "-c", line, Rig.varve], environment: rig.environment).text
            #expect(["0 1\n", "1 0\n"].contains(codes), "\(codes)")
            #expect(try rig.repository.resolve("base:1~1") == before)
            #expect(try rig.isClean(container))
        }
        try rig.fsck()
    }

    @Test("a running container is frozen for a commit, stays on its checkout and goes on", arguments: Rig.modes)
    func running(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode)
        // Writes a, then b: at any moment b is a, or one behind.
        let running = try rig.start(
            "c",
            script:
                "i=0; while true; do i=$((i+1)); echo $i > /data/n; mv /data/n /data/a; echo $i > /data/n; mv /data/n /data/b; done"
        )
        let checkout = try rig.repository.state(of: running.container).checkout
        var last = 0
        for _ in 0..<3 {
            usleep(100_000)
            let id = try rig.commit(running.container)
            let (a, b) = (try number("a", id, rig), try number("b", id, rig))
            #expect(a - b == 0 || a - b == 1, "a is \(a), b is \(b)")
            #expect(a > last)
            last = a
        }
        let state = try rig.repository.state(of: running.container)
        #expect(state.checkout == checkout)
        #expect(try state.base == rig.repository.resolve("base:1"))
        // It goes on.
        let now = try number(at: "\(running.root)/data/a")
        for _ in 0..<500 where try number(at: "\(running.root)/data/a") == now { usleep(10_000) }
        #expect(try number(at: "\(running.root)/data/a") != now)
        try running.end()
        try rig.expectNoLeaks()
    }

    @Test("a container goes on after a commit that failed, and after one that was killed")
    func thawed() throws {
        let rig = try Rig()
        let running = try rig.start("c")
        let state = try rig.repository.state(of: running.container)
        struct Failure: Error {}
        do {
            let lock = try rig.repository.lock(running.container)
            #expect(throws: Failure.self) {
                try rig.repository.withFrozen(running.container, state, if: true, holding: lock) { throw Failure() }
            }
        }
        #expect(try !isFrozen(running))
        try rig.repository.controlGroups(of: running.container).freeze()
        #expect(try isFrozen(running))
        #expect(try rig.isClean(running.container))
        #expect(try !isFrozen(running))
        try running.end()
    }

    @Test("a container goes on at once when the commit that froze it is killed")
    func guarded() throws {
        let rig = try Rig()
        let running = try rig.start("c", script: "head -c 300000000 /dev/zero >/big; touch /done; sleep 1000")
        try waitUntil { try Files.exists(KernelPath("\(running.root)/done")) }
        let started = try run(
            ["sh", "-c", "\"$0\" commit c >/dev/null 2>/dev/null </dev/null & echo $!", Rig.varve],
            environment: rig.environment)
        let commit = try #require(Int32(started.text.split(separator: "\n")[0]))
        try waitUntil { try isFrozen(running) }
        kill(commit, SIGKILL)
        // Nobody takes its lock meanwhile: what thaws the container is the guardian.
        try waitUntil { try !isFrozen(running) }
        try running.end()
    }

    private func waitUntil(_ condition: () throws -> Bool) throws {
        for _ in 0..<600_000 {
            if try condition() { return }
            usleep(100)
        }
        throw SystemError("wait", "", .timedOut)
    }

    @Test("what only changes attributes or names stores no body", arguments: Rig.modes)
    func metadataOnly(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode) { base in
            var random = SplitMix(seed: 7)
            for index in 0..<80 {
                let bytes = (0..<8_000).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
                let file = try Files.open(
                    KernelPath("\(base)/data/\(index)"), flags: O_WRONLY | O_CREAT, mode: 0o644)
                try file.write(bytes)
            }
        }
        for (name, script) in [
            ("owner", "chown -R 1000:1000 /data"), ("times", "touch /data/*"), ("rename", "mv /data /moved"),
            ("file", "cd /data && for f in 1*; do mv $f new-$f; done"), ("links", "mkdir /l; ln /data/2* /l"),
        ] {
            let tag = try TagName(parsing: "\(name):1")
            try rig.repository.createTag(tag, at: try rig.repository.resolve("base:1"), by: Rig.author)
            let before = try rig.stored()
            let result = try rig.varve("run", "--name", name, "\(tag)", "sh", "-c", script)
            try #require(result.status == 0, "\(result.errors)")
            _ = try rig.commit(try rig.repository.container(name))
            let growth = try rig.stored() - before
            #expect(growth < 60_000, "\(name) stored \(growth) bytes")
        }
    }

    @Test("two hundred commits stay few packs, and every one can be named and started")
    func many() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let upper = try rig.upper(container)
        for turn in 1...200 {
            try Rig.write("\(upper)/turn", "\(turn)")
            _ = try rig.commit(container)
        }
        var count = 0
        var request = LogRequest()
        request.revisions = ["base:1"]
        try rig.repository.log(request) { _ in
            count += 1
            return true
        }
        #expect(count == 201)
        for back in [0, 100, 199] {
            let id = try rig.repository.resolve("base:1~\(back)")
            #expect(try number("turn", in: "", id, rig) == 200 - back)
            #expect(try rig.varve("run", "--rm", "base:1~\(back)", "cat", "/turn").text == "\(200 - back)")
        }
        let packs = try Files.names(in: try Files.openDirectory(KernelPath("\(rig.root)/git/objects/pack")))
        #expect(packs.filter { $0.hasSuffix(".pack") }.count < 60)
        try rig.fsck()
    }

    private func isFrozen(_ running: Running) throws -> Bool {
        try running.rig.repository.controlGroups(of: running.container).isFrozen()
    }

    /// 0 where the file is empty, as it is between being cut and being written.
    private func number(_ name: String, in directory: String = "/data", _ id: ObjectID, _ rig: Rig) throws -> Int {
        let path = try #require(BytePath(parsing: "\(directory)/\(name)".utf8))
        var text: [UInt8] = []
        try rig.repository.readFile(id.hex, path) { text += $0 }
        return Int(String(decoding: text.filter { $0 != 10 }, as: UTF8.self)) ?? 0
    }

    private func number(at path: String) throws -> Int {
        let text = try Files.open(KernelPath(path), flags: O_RDONLY).readAll()
        return Int(String(decoding: text.filter { $0 != 10 }, as: UTF8.self)) ?? 0
    }

    @Test("a file that was renamed and changed, but kept its size, is looked at without harm")
    func renamedWithEdit() throws {
        let rig = try Rig { base in try Rig.write("\(base)/data/old", "one\ntwo\nthree\nfour\nfive\nsix\n") }
        let container = try rig.container("c")
        let upper = try rig.upper(container)
        try Files.makeDirectories("\(upper)/data")
        try Rig.write("\(upper)/data/new", "one\ntwo\nthree\nfour\nfive\nSIX\n")
        try run(["mknod", "\(upper)/data/old", "c", "0", "0"])
        #expect(try rig.paths(container).contains("R /data/new"))
        let patch = try rig.varve("diff", "c", "-p")
        #expect(patch.status == 0 && patch.text.contains("+SIX"), "\(patch.errors)")
        #expect(try rig.varve("status", "c").text.contains("R /data/old -> /data/new"))
    }
}
