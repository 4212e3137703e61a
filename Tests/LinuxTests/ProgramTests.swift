import Glibc
import Linux
import Testing

/// Programs that are run to their end.
@Suite("Programs")
struct ProgramTests {
    private func shell(_ script: String) -> Program {
        Program("/bin/sh", arguments: ["sh", "-c", script], environment: ["A=one"])
    }

    @Test("get their input, their environment and nothing else, and give both streams and the exit code")
    func outcome() throws {
        let held = try Files.open("/", flags: O_RDONLY)
        // Not close-on-exec, as what a careless caller hands down.
        let leaked = fcntl(held.raw, F_DUPFD, 50)
        defer { close(leaked) }
        let outcome = try shell("cat; echo $A$HOME >&2; ls /proc/$$/fd | tr '\\n' ' '; exit 7")
            .run(input: Array("given ".utf8), within: 60_000)
        #expect(outcome.status == 7)
        #expect(String(decoding: outcome.errors, as: UTF8.self) == "one\n")
        #expect(String(decoding: outcome.output, as: UTF8.self).hasPrefix("given 0 1 2 "))
        #expect(!String(decoding: outcome.output, as: UTF8.self).contains("\(leaked)"))
    }

    @Test("may leave something running that holds their streams")
    func leftRunning() throws {
        let outcome = try shell("sleep 60 & echo $!").run(within: 30_000)
        let text = String(decoding: outcome.output, as: UTF8.self)
        let pid = try #require(pid_t(text.dropLast()))
        #expect(kill(pid, SIGKILL) == 0)
    }

    @Test("are ended with their group when they take too long or write too much")
    func limits() throws {
        #expect(throws: SystemError("run", "/bin/sh", .timedOut)) { try shell("sleep 60 & wait").run(within: 100) }
        #expect(throws: SystemError("run", "/bin/sh", Errno(rawValue: EFBIG))) {
            try shell("exec cat /dev/zero").run(within: 60_000, limit: 4096)
        }
    }

    @Test("that are not there or can't be executed are told by their path")
    func missing() {
        #expect(throws: SystemError("execute", "/no/such", .noEntry)) {
            try Program("/no/such", arguments: ["such"], environment: []).run(within: 1000)
        }
        #expect(throws: SystemError("execute", "/etc/passwd", .accessDenied)) {
            try Program("/etc/passwd", arguments: ["passwd"], environment: []).run(within: 1000)
        }
    }

    @Test("run with default signals, whatever is blocked here")
    func signals() throws {
        let queue = try SignalQueue.open([SIGTERM])
        let outcome = try shell("kill -TERM $$; echo survived").run(within: 60_000)
        #expect(outcome.status == 128 + SIGTERM && outcome.output.isEmpty)
        #expect(try queue.next() == nil)
    }
}
