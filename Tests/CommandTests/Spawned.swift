import Glibc
import Linux
import Testbed

/// A process that goes on while the test does something else. Killed when the value goes away before its end.
final class Spawned {
    private let box: Box
    private let name: String
    private let pid: pid_t
    private var status: Int32?
    private var inputEnd: Int32

    /// Runs in the box's directory and environment; standard input is a pipe that the test holds.
    init(_ arguments: [String], in box: Box) throws {
        self.box = box
        name = "spawned-\(UInt64.random(in: 0...(.max)))"
        // Opened for both, so that neither side waits for the other; no process but this one inherits it.
        let fifo = "\(box.path)/\(name).in"
        try system("make FIFO", fifo) { mkfifo(fifo, 0o600) }
        inputEnd = try system("open", fifo) { open(fifo, O_RDWR | O_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, fifo, O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT
        posix_spawn_file_actions_addopen(&actions, 1, "\(box.path)/\(name).out", flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "\(box.path)/\(name).err", flags, 0o600)
        // A job of a shell without job control would have SIGINT ignored; this one has it as a person's does.
        let script = "cd \"$BOX\" && exec \"$@\""
        let argv = (["sh", "-c", script, "sh"] + arguments).map { strdup($0) } + [nil]
        let envp = box.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        // The test's own thread has signals blocked, and a child would keep that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var child: pid_t = 0
        let failure = posix_spawn(&child, "/bin/sh", &actions, &attributes, argv, envp)
        guard failure == 0 else { throw SystemError("start", arguments[0], Errno(rawValue: failure)) }
        pid = child
    }

    deinit {
        if inputEnd >= 0 { close(inputEnd) }
        guard status == nil else { return }
        kill(pid, SIGKILL)
        var ignored: Int32 = 0
        waitpid(pid, &ignored, 0)
    }

    func send(_ signal: Int32) throws { try system("signal", name) { kill(pid, signal) } }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try rest.withUnsafeBytes { part in
                try system("write", name) { Glibc.write(inputEnd, part.baseAddress, part.count) }
            }
            rest = rest.dropFirst(count)
        }
    }

    func closeInput() throws {
        try system("close", name) { close(inputEnd) }
        inputEnd = -1
    }

    /// Its exit code (killed when it takes more than a minute), or 128 + the signal that ended it.
    func wait() throws -> Int32 {
        var raw: Int32 = 0
        var ended: pid_t = 0
        for _ in 0..<6000 where ended == 0 {
            ended = try system("wait for", name) { waitpid(pid, &raw, WNOHANG) }
            if ended == 0 { usleep(10_000) }
        }
        if ended == 0 {
            kill(pid, SIGKILL)
            try system("wait for", name) { waitpid(pid, &raw, 0) }
        }
        let code = raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + (raw & 0x7f)
        status = code
        return code
    }

    func output() throws -> String { try text("out") }
    func errors() throws -> String { try text("err") }

    private func text(_ kind: String) throws -> String {
        String(decoding: try Files.contentsIfPresent("\(box.path)/\(name).\(kind)") ?? [], as: UTF8.self)
    }

    func waitForOutput(_ expected: String) throws {
        try waitUntil("it has printed '\(expected)'") { try output().contains(expected) }
    }

    /// Looks again and again; fails where the process ends before, or nothing happens for a minute.
    func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
        for _ in 0..<6000 {
            if try condition() { return }
            var raw: Int32 = 0
            if waitpid(pid, &raw, WNOHANG) == pid {
                status = raw
                throw BoxError(text: "ended before \(what): \(try errors())")
            }
            usleep(10_000)
        }
        throw BoxError(text: "waited in vain until \(what)")
    }
}
