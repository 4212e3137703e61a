import Glibc
import Linux
import Model
import Testbed
import Testing

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
