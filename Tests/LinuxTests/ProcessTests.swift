import Glibc
import Linux
import Model
import Testbed
import Testing

@Suite("Control groups", .enabled(if: isRoot))
struct ControlGroupTests {
    private let path = BytePath(["varve-test", ByteName("group-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")])

    /// A process in the group that a shell has just started; killed by the group.
    private func occupy(_ group: borrowing ControlGroup) throws -> Int32 {
        var pid: pid_t = 0
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
        defer { arguments.forEach { free($0) } }
        #expect(posix_spawnp(&pid, "sleep", nil, nil, arguments, nil) == 0)
        let processes = try Files.open("cgroup.procs", in: group.directory.reference, flags: O_WRONLY)
        try processes.write(Array("\(pid)".utf8))
        return pid
    }

    @Test("freeze, thaw, kill and go away")
    func life() throws {
        let group = try ControlGroup.make(path)
        let pid = try occupy(group)
        try group.freeze()
        try group.thaw()
        #expect(throws: SystemError.self) { try group.waitUntilEmpty(within: 1) }
        try group.kill()
        try group.waitUntilEmpty(within: 60_000)
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid)
        #expect(status & 0x7f == SIGKILL)
        try group.remove()
        try group.remove()
        #expect(throws: SystemError.self) { _ = try ControlGroup.open(path) }
    }
}

@Suite("Signals as a queue")
struct SignalQueueTests {
    @Test("wait to be read and end nothing")
    func queue() throws {
        let queue = try SignalQueue.open([SIGUSR1, SIGTERM])
        #expect(try queue.next() == nil)
        pthread_kill(pthread_self(), SIGTERM)
        #expect(try queue.next() == SIGTERM)
        #expect(try queue.next() == nil)
    }

    @Test("are as blocked afterwards as before")
    func restored() throws {
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        do { _ = try SignalQueue.open([SIGUSR1]) }
        var after = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &after)
        #expect(sigismember(&before, SIGUSR1) == sigismember(&after, SIGUSR1))
    }
}

@Suite("Pseudo terminals", .enabled(if: isRoot))
struct TerminalTests {
    @Test("are made in a devpts that is attached nowhere, and carry bytes and size")
    func open() throws {
        let devpts = try Mounts.devpts()
        let terminal = try PseudoTerminal.open(in: devpts.reference)
        let isTerminal = terminal.inner.isTerminal
        #expect(isTerminal)
        try terminal.outer.setTerminalSize(TerminalSize(rows: 3, columns: 4))
        #expect(try terminal.inner.terminalSize() == TerminalSize(rows: 3, columns: 4))
        try terminal.outer.write(Array("typed\n".utf8))
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = try buffer.withUnsafeMutableBytes { try terminal.inner.read(into: $0) }
        #expect(buffer[..<count].elementsEqual("typed\n".utf8))
    }

    @Test("are raw only as long as somebody wants them so")
    func raw() throws {
        let devpts = try Mounts.devpts()
        let terminal = try PseudoTerminal.open(in: devpts.reference)
        var mode = termios()
        tcgetattr(terminal.inner.raw, &mode)
        #expect(mode.c_lflag & tcflag_t(ICANON) != 0)
        do {
            let raw = try RawTerminal.enter(terminal.inner)
            tcgetattr(terminal.inner.raw, &mode)
            #expect(mode.c_lflag & tcflag_t(ICANON) == 0)
            _ = consume raw
        }
        tcgetattr(terminal.inner.raw, &mode)
        #expect(mode.c_lflag & tcflag_t(ICANON) != 0)
    }
}
