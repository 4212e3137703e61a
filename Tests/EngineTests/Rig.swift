@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

/// A repository in a temporary directory, with a busybox root as `base:1`, and the `varve` that was built.
final class Rig {
    let directory: TemporaryDirectory
    let mode: Repository.CheckoutMode
    let repository: Repository
    var root: String { directory.file("repo") }

    static let author = Signature(name: "Ann", email: "ann@example.org", seconds: 1_700_000_000)
    static let varve: String = {
        let tests = (try? Files.readLink("/proc/self/exe")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return "\(tests[..<(tests.lastIndex(of: "/") ?? tests.startIndex)])/varve"
    }()

    init(_ mode: Repository.CheckoutMode = .image, fill: (String) throws -> Void = { _ in }) throws {
        self.mode = mode
        directory = try TemporaryDirectory("engine")
        let base = directory.file("base")
        for name in ["bin", "etc", "tmp", "proc", "sys", "dev", "data"] {
            try Files.makeDirectories("\(base)/\(name)")
        }
        try run(["cp", "/bin/busybox", "\(base)/bin/busybox"])
        for name in ["sh", "true", "sleep", "cat", "chown", "touch", "mv", "ln", "rm", "mkdir", "echo", "head", "dd"] {
            try Files.makeSymlink(KernelPath("\(base)/bin/\(name)"), target: "busybox")
        }
        try Rig.write("\(base)/etc/motd", "hello\n")
        try Rig.write("\(base)/etc/passwd", "root:x:0:0:root:/:/bin/sh\n")
        try fill(base)
        repository = try Repository(at: directory.file("repo"), checkoutMode: mode)
        _ = try repository.importRoot(
            try Files.openDirectory(KernelPath(base)), named: "base", to: tag, message: nil, by: Rig.author)
    }

    /// Another `Repository` of the same directory, as another process has it.
    func again() throws -> Repository { try Repository(at: root, checkoutMode: mode) }

    let tag: TagName = {
        guard let tag = try? TagName(parsing: "base:1") else { preconditionFailure("base:1 is a tag") }
        return tag
    }()

    static func write(_ path: String, _ text: String) throws {
        let file = try Files.open(KernelPath(path), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.write(Array(text.utf8))
    }

    @discardableResult
    func varve(_ arguments: String...) throws -> CommandResult {
        try run([Rig.varve] + arguments, environment: environment)
    }

    var environment: [String: String] {
        ["VARVE_CHECKOUT": mode.rawValue, "VARVE_ROOT": root, "VARVE_NETWORK": "none"]
    }

    /// A stopped container whose upper directory exists.
    func container(_ name: String, on revision: String = "base:1") throws -> Container {
        let result = try run(
            [Rig.varve, "run", "--name", name, revision, "true"], environment: environment)
        try #require(result.status == 0, "\(result.errors)")
        return try repository.container(name)
    }

    /// A path in the container's own files, which exist for as long as it does not run.
    func upper(_ container: Container) throws -> String {
        let state = try repository.state(of: container)
        let store = try repository.store()
        _ = try repository.upperDirectory(of: container, state) {
            try store.directory(try repository.content(of: state.checkout).fs).attributes
        }
        return repository.files(of: container.id).upper(state.upper)
    }

    /// Starts a container in the background and waits until its command runs.
    func start(_ name: String, on revision: String = "base:1", script: String = "sleep 1000") throws -> Running {
        let line = "exec \"$0\" run --name \(name) \(revision) sh -c '\(script)'"
        let result = try run(
            ["sh", "-c", "sh -c \"$1\" \"$0\" >/dev/null 2>/dev/null </dev/null & echo $!", Rig.varve, line],
            environment: environment)
        let varve = try #require(Int32(result.text.split(separator: "\n")[0]))
        for _ in 0..<1000 {
            if let container = try repository.containerIfPresent(name),
                case let state = try repository.state(of: container), case .running(let first) = state.status,
                let keeper = state.life.keeper
            {
                return Running(rig: self, container: container, varve: varve, keeper: keeper.pid, pid: first.pid)
            }
            usleep(20_000)
        }
        throw SystemError("start", name, .timedOut)
    }

    func commit(_ container: Container, _ change: (inout CommitRequest) -> Void = { _ in }) throws -> ObjectID {
        var request = CommitRequest()
        change(&request)
        return try repository.commit(container, request, by: Rig.author)
    }

    func isClean(_ container: Container) throws -> Bool {
        try repository.status(of: container).changes.isEmpty
    }

    func paths(_ container: Container) throws -> [String] {
        try repository.status(of: container).changes.filter { !$0.isTimesOnly }.map { "\($0.letter) \($0.path)" }
    }

    /// Bytes that the pool and git's objects take.
    func stored() throws -> Int {
        let result = try run(["du", "-scB1", "--apparent-size", "\(root)/pool", "\(root)/git/objects"])
        return Int(result.text.split(separator: "\n").last?.split(separator: "\t").first ?? "") ?? -1
    }

    func fsck() throws {
        let result = try run(["git", "--git-dir=\(root)/git", "fsck", "--strict", "--no-dangling"])
        #expect(result.status == 0, "\(result.text) \(result.errors)")
    }

    /// What a killed or finished command must not leave.
    func expectNoLeaks(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let found = try run(["find", root, "-name", "*.new", "-o", "-name", ".probe.*"]).text
        #expect(found.isEmpty, sourceLocation: sourceLocation)
        #expect(!(try run(["cat", "/proc/self/mountinfo"]).text.contains(directory.path)))
        for container in try repository.containers() {
            #expect(try repository.controlGroups(of: container).isEmpty, sourceLocation: sourceLocation)
        }
    }
}

/// A container that runs in the background.
struct Running {
    let rig: Rig
    let container: Container
    /// The process of `varve run`.
    let varve: Int32
    /// The one that watches the container.
    let keeper: Int32
    let pid: Int32

    /// The container's root as the host sees it.
    var root: String { "/proc/\(pid)/root" }

    func end() throws {
        kill(pid, SIGKILL)
        try waitUntilEnded()
    }

    func waitUntilEnded() throws {
        for _ in 0..<1000 {
            if try !rig.repository.isRunning(container) { return }
            usleep(10_000)
        }
        throw SystemError("end", container.name, .timedOut)
    }
}
