import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A foreground container", .enabled(if: isRoot))
struct SupervisionTests {
    let box: Box
    init() throws { box = try Box() }

    @Test("is given the signals that its supervisor gets", arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1])
    func forwarding(signal: Int32) throws {
        let ready = try Pipe()
        let script = "trap 'exit 42' TERM INT HUP USR1; echo; while :; do sleep 1; done"
        let signals = try ForwardedSignals.hold()
        let process = try Runtime.run(
            Box.specification(["sh", "-c", script]), rootfs: try box.root(),
            options: RunOptions(streams: StandardStreams(output: ready.writer.raw)))
        var byte: UInt8 = 0
        #expect(Glibc.read(ready.reader.raw, &byte, 1) == 1)
        pthread_kill(pthread_self(), signal)
        #expect(try process.supervise(signals) == 42)
    }

    /// Runs with a terminal, on a console of our own.
    private func withTerminal(
        _ script: String, typed: String = "", size: TerminalSize = TerminalSize(rows: 24, columns: 80),
        _ change: (inout Specification) -> Void = { _ in }
    ) throws -> (status: Int32, shown: String) {
        let devpts = try Mounts.devpts()
        let console = try PseudoTerminal.open(in: devpts.reference)
        try console.inner.setTerminalSize(size)
        var before = termios()
        tcgetattr(console.inner.raw, &before)
        try console.outer.write(Array(typed.utf8))
        var specification = Box.specification(["sh", "-c", script])
        let own = Console(input: console.inner.raw, output: console.inner.raw)
        specification.process.hasTerminal = true
        specification.process.consoleSize = try own.size()
        change(&specification)
        let signals = try ForwardedSignals.hold()
        let process = try Runtime.run(specification, rootfs: try box.root())
        let reader = try ConsoleReader(console.outer.raw)
        let status = try process.supervise(signals, console: own)
        var after = termios()
        tcgetattr(console.inner.raw, &after)
        #expect(
            before.c_lflag == after.c_lflag && before.c_oflag == after.c_oflag, "the console's mode is not restored")
        return (status, try reader.finish())
    }

    @Test("has a terminal of the console's size, as its controlling one")
    func terminal() throws {
        let result = try withTerminal(
            "test -t 0 && test -t 1 && test -t 2 && stty size && echo > /dev/tty && readlink /proc/self/fd/0 && "
                + "stat -c %t:%T /dev/console /dev/pts/0 && test -c /dev/ptmx; exit 5",
            size: TerminalSize(rows: 33, columns: 99))
        #expect(result.status == 5)
        #expect(result.shown == "33 99\r\n\r\n/dev/pts/0\r\n88:0\r\n88:0\r\n")
    }

    @Test("follows the console's size")
    func resizing() throws {
        let devpts = try Mounts.devpts()
        let console = try PseudoTerminal.open(in: devpts.reference)
        try console.inner.setTerminalSize(TerminalSize(rows: 10, columns: 20))
        var specification = Box.specification([
            "sh", "-c", "trap 'stty size; exit 3' WINCH; echo; while :; do sleep 1; done",
        ])
        specification.process.hasTerminal = true
        specification.process.consoleSize = TerminalSize(rows: 10, columns: 20)
        let signals = try ForwardedSignals.hold()
        let process = try Runtime.run(specification, rootfs: try box.root())
        let (outer, supervisor) = (console.outer.raw, UncheckedBox(pthread_self()))
        let thread = onThread {
            // The first line says that the trap is set.
            var byte: UInt8 = 0
            _ = Glibc.read(outer, &byte, 1)
            guard let copy = try? Descriptor(owning: dup(outer)).duplicate() else { return }
            try? copy.setTerminalSize(TerminalSize(rows: 11, columns: 22))
            pthread_kill(supervisor.value, SIGWINCH)
        }
        let own = Console(input: console.inner.raw, output: console.inner.raw)
        #expect(try process.supervise(signals, console: own) == 3)
        pthread_join(thread, nil)
        var shown = [UInt8](repeating: 0, count: 64)
        let count = try shown.withUnsafeMutableBytes { try console.outer.read(into: $0) }
        #expect(String(decoding: shown[..<count], as: UTF8.self).hasSuffix("11 22\r\n"))
    }

    @Test("reads what is typed")
    func typing() throws {
        let result = try withTerminal("stty -echo; read line; echo \"<$line>\"", typed: "hello\n")
        #expect(result.shown.contains("<hello>\r\n"))
    }

    @Test("shows all it wrote before it ended")
    func draining() throws {
        let result = try withTerminal("busybox seq 1 20000")
        #expect(result.shown.hasSuffix("19999\r\n20000\r\n"))
        #expect(result.shown.split(separator: "\r\n").count == 20000)
    }

    @Test("owns its terminal as its user")
    func terminalOwner() throws {
        let result = try withTerminal("echo fine > /dev/pts/0; stat -c '%u %a' /dev/pts/0") {
            $0.process.user = .init(uid: 1000, gid: 1001)
        }
        #expect(result.shown == "fine\r\n1000 620\r\n")
    }

    @Test("outlives a console that nobody reads")
    func closedOutput() throws {
        let output = try brokenPipe()
        var specification = Box.specification(["sh", "-c", "busybox seq 1 5000; exit 6"])
        specification.process.hasTerminal = true
        let signals = try ForwardedSignals.hold()
        let process = try Runtime.run(specification, rootfs: try box.root())
        #expect(try process.supervise(signals, console: Console(input: nil, output: output.raw)) == 6)
    }

    @Test("is ended by a signal, though its console takes nothing any more", arguments: [false, true])
    func fullConsole(hasTerminal: Bool) throws {
        let devpts = try Mounts.devpts()
        let console = try PseudoTerminal.open(in: devpts.reference)
        // Nobody reads the other side.
        var specification = Box.specification(["sh", "-c", "while :; do echo 0123456789012345678901234567890; done"])
        specification.process.hasTerminal = hasTerminal
        let signals = try ForwardedSignals.hold()
        let raw = console.inner.raw
        let streams = hasTerminal ? StandardStreams() : StandardStreams(output: raw, errors: raw)
        let process = try Runtime.run(specification, rootfs: try box.root(), options: RunOptions(streams: streams))
        let pid = process.process.pid
        let supervisor = pthread_self()
        let hasEnded = Monitor(false)
        do {
            let killer = try WorkerThread {
                sleep(1)
                // First the container, then who shows what it left.
                kill(pid, SIGKILL)
                while hasEnded.wait(milliseconds: 100, until: { $0 ? true : nil }) == nil {
                    pthread_kill(supervisor, SIGTERM)
                }
            }
            let status = try process.supervise(signals, console: Console(input: nil, output: raw))
            hasEnded.change { $0 = true }
            #expect(status == 137)
            withExtendedLifetime(killer) {}
        }
        // What came too late would be taken for another test's.
        var late = sigset_t()
        sigemptyset(&late)
        sigaddset(&late, SIGTERM)
        var now = timespec()
        while sigtimedwait(&late, nil, &now) > 0 {}
    }

    @Test("without a devpts has no terminal")
    func noDevpts() throws {
        let error = #expect(throws: RuntimeError.self) {
            try box.run(
                ["true"],
                {
                    $0.process.hasTerminal = true
                    $0.mounts.removeAll { $0.type == "devpts" }
                })
        }
        #expect(error?.kind == .refused)
    }
}

/// A pipe that nobody reads.
private func brokenPipe() throws -> Descriptor {
    var ends: [Int32] = [-1, -1]
    try system("make pipe", "") { pipe(&ends) }
    close(ends[0])
    return Descriptor(owning: ends[1])
}

/// Looks at a console: keeps all that is shown on it.
private final class ConsoleReader: @unchecked Sendable {
    private let stop: Pipe
    private let console: Int32
    private var shown: [UInt8] = []
    private var thread: pthread_t?

    init(_ console: Int32) throws {
        self.console = console
        stop = try Pipe()
        try system("set flags", "") { fcntl(console, F_SETFL, O_RDWR | O_NONBLOCK) }
        thread = onThread { [self] in read() }
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            var requests = [
                pollfd(fd: console, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stop.reader.raw, events: Int16(POLLIN), revents: 0),
            ]
            poll(&requests, 2, -1)
            let count = Glibc.read(console, &buffer, buffer.count)
            if count > 0 { shown += buffer[..<count] } else if requests[1].revents != 0 { return }
        }
    }

    /// Once nothing more is written: everything that was.
    func finish() throws -> String {
        try stop.writer.write([0])
        if let thread { pthread_join(thread, nil) }
        return String(decoding: shown, as: UTF8.self)
    }
}
