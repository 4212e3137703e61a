import CLinux
import Glibc
import Linux
import Model

/// The signals that a foreground container is given in place of its supervisor. Blocked from the moment the value is
/// made: make it before the container is started, and no signal is lost between.
public struct ForwardedSignals: ~Copyable {
    let queue: SignalQueue

    private init(queue: consuming SignalQueue) { self.queue = queue }

    public static func hold() throws(RuntimeError) -> ForwardedSignals {
        ForwardedSignals(
            queue: try doing("hold signals") { () throws(SystemError) in try SignalQueue.open(forwarded + [SIGPIPE]) })
    }

    // Those that ask a program for something. The ones for job control and for errors keep their meaning here.
    private static let forwarded = [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCONT, SIGWINCH]
}

/// Whose terminal shows the container's: descriptor numbers, borrowed.
public struct Console: Sendable, Hashable {
    /// What is typed; nil types nothing. Put into raw mode where it is a terminal.
    public var input: Int32?
    public var output: Int32

    public init(input: Int32? = 0, output: Int32 = 1) {
        self.input = input
        self.output = output
    }

    /// The size of its terminal, nil where it is none. Belongs into ``Specification/Process/consoleSize`` before the
    /// container starts: a program that looks at once would find none otherwise.
    public func size() throws(RuntimeError) -> TerminalSize? {
        try doing("read size of", "console") { () throws(SystemError) in try currentSize() }
    }

    func currentSize() throws(SystemError) -> TerminalSize? {
        guard let screen = [input, output].compactMap({ $0 }).first(where: { isatty($0) == 1 }) else { return nil }
        let copy = Descriptor(owning: try system("duplicate", "console") { fcntl(screen, F_DUPFD_CLOEXEC, 3) })
        return try copy.terminalSize()
    }
}

extension RunningProcess {
    /// Stays with a foreground container until it ends: forwards signals, and with a terminal copies between it and
    /// `console`, whose size it follows.
    ///
    /// The console's mode is restored on every way out.
    /// - Returns: the exit code, or 128 + the signal that ended the process.
    public consuming func supervise(
        _ signals: borrowing ForwardedSignals, console: Console = Console()
    ) throws(RuntimeError) -> Int32 {
        do throws(SystemError) { _ = try attend(signals, console, DetachKeys([])) } catch {
            throw try end(after: error)
        }
        return try wait()
    }

    /// As ``supervise(_:console:)``, but also until the keys to leave are typed in the console.
    public consuming func stay(
        _ signals: borrowing ForwardedSignals, console: Console, detachKeys: DetachKeys
    ) throws(RuntimeError) -> Stay {
        let isLeft: Bool
        do throws(SystemError) { isLeft = try attend(signals, console, detachKeys) } catch {
            throw try end(after: error)
        }
        return isLeft ? .left(try release()) : .ended(try wait())
    }

    /// Without its supervisor a foreground container would go on unseen.
    private consuming func end(after error: SystemError) throws(RuntimeError) -> RuntimeError {
        try doing("kill container") { () throws(SystemError) in try process.send(signal: SIGKILL) }
        _ = try wait()
        return RuntimeError("supervise container", "", error)
    }

    /// - Returns: whether the keys to leave were typed, so that the process goes on.
    private borrowing func attend(
        _ signals: borrowing ForwardedSignals, _ console: Console, _ keys: DetachKeys
    ) throws(SystemError) -> Bool {
        guard let terminal else {
            var relays = relays
            return try attend(signals, &relays)
        }
        let mode = try ConsoleMode(console)
        var proxy = try TerminalProxy(terminal, console, keys)
        defer { withExtendedLifetime(mode) {} }
        return try attend(signals, &proxy)
    }

    private borrowing func attend(
        _ signals: borrowing ForwardedSignals, _ copier: inout some ConsoleCopier
    ) throws(SystemError) -> Bool {
        while true {
            var requests = [
                pollfd(fd: process.descriptor.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.queue.descriptor.raw, events: Int16(POLLIN), revents: 0),
            ]
            requests += copier.requests
            try system("wait for", "container") { poll(&requests, nfds_t(requests.count), -1) }
            while let signal = try signals.queue.next() { try pass(signal, copier) }
            try copier.copy(requests.dropFirst(2))
            if requests[0].revents != 0 {
                try copier.drain(untilSignal: signals.queue.descriptor.raw)
                return false
            }
            if copier.isLeft { return true }
        }
    }

    private borrowing func pass(_ signal: Int32, _ copier: some ConsoleCopier) throws(SystemError) {
        switch signal {
        // Held back only so that a closed output is an error and no end.
        case SIGPIPE: return
        case SIGWINCH where terminal != nil: try copier.followSize()
        default: try process.send(signal: signal)
        }
    }
}

/// How a stay with a process ended.
public enum Stay: ~Copyable {
    /// With its exit code, or 128 + the signal that ended it.
    case ended(Int32)
    /// It goes on: the keys to leave were typed.
    case left(ReleasedProcess)
}

/// Copies between a console and a container while that runs.
protocol ConsoleCopier {
    /// Whether the keys to leave were typed.
    var isLeft: Bool { get }
    /// What to wait for now. A negative descriptor waits for nothing.
    var requests: [pollfd] { get }
    /// Moves what the answered requests allow.
    mutating func copy(_ answers: ArraySlice<pollfd>) throws(SystemError)
    /// Shows what the ended container has left, unless a signal comes first.
    /// - Parameter signals: the descriptor of their queue.
    mutating func drain(untilSignal signals: Int32) throws(SystemError)
    /// The console has another size now.
    func followSize() throws(SystemError)
}

extension ConsoleCopier {
    var isLeft: Bool { false }
    func followSize() throws(SystemError) {}
}

/// Raw mode where the console types, for as long as the value lives.
private final class ConsoleMode {
    private let mode: RawTerminal?

    init(_ console: Console) throws(SystemError) {
        guard let input = console.input, isatty(input) == 1 else {
            mode = nil
            return
        }
        let copy = Descriptor(
            owning: try system("duplicate", "console") { fcntl(input, F_DUPFD_CLOEXEC, 3) })
        mode = try RawTerminal.enter(copy)
    }
}
