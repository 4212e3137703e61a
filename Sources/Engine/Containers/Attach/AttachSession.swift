import Glibc
import Linux
import Runtime

/// What a client of a container's supervisor goes by.
public struct AttachOptions: Sendable {
    /// Where input comes from, and where output goes.
    public var console: Console
    public var errors: Int32 = STDERR_FILENO
    /// Typed one after the other, they leave the container to itself; empty for none.
    public var detachKeys: [UInt8] = DetachKeys.standard
    /// Whether the signals that this process gets go to the container. Where not, those that end a program make it leave the
    /// container to itself.
    public var passesSignals = true

    public init(console: Console) { self.console = console }
}

/// How a client's stay ended.
public enum AttachOutcome: Sendable, Hashable {
    /// The container's command has ended.
    case exited(Int32)
    /// The container goes on.
    case detached
    /// As ``detached``, because this signal came.
    case interrupted(Int32)
    /// As many clients as there can be were there already.
    case refused
    /// Whoever watched the container was killed, and the container with it.
    case lost
}

/// A client of a container's supervisor: shows what the container writes and gives it what is typed, without ever waiting for
/// one while there is something to do for the other.
struct AttachSession: ~Copyable {
    private let socket: MessageSocket
    private let options: AttachOptions
    private let hasTerminal: Bool
    private var keys: DetachKeys
    /// Nil once nobody takes it any more: the container goes on all the same.
    private var outputs: [Int32?]
    /// Received, and not yet shown.
    private var shown: (stream: Int, bytes: ArraySlice<UInt8>)?
    private var inputIsOpen: Bool
    /// Whether the supervisor can take input.
    private var hasCredit = true
    private var outcome: AttachOutcome?

    /// What a pipe that polls as writable takes at once (pipe(7), PIPE_BUF), so that writing to it never blocks.
    private static let portion = 4096
    /// Ends the input of a program that reads lines from a terminal (termios(3), VEOF).
    private static let endOfInput: UInt8 = 4

    init(_ socket: consuming MessageSocket, _ options: AttachOptions, hasTerminal: Bool) {
        self.socket = socket
        self.options = options
        self.hasTerminal = hasTerminal
        keys = DetachKeys(hasTerminal ? options.detachKeys : [])
        outputs = [options.console.output, options.errors]
        inputIsOpen = options.console.input != nil
    }

    /// Stays until the container's end is on record, or it is to leave.
    mutating func run(_ signals: borrowing SignalQueue) throws -> AttachOutcome {
        let mode = try hasTerminal ? ConsoleMode(options.console) : nil
        defer { withExtendedLifetime(mode) {} }
        if hasTerminal { try tellSize() }
        while true {
            let input = inputIsOpen && hasCredit && outcome == nil ? options.console.input ?? -1 : -1
            let screen = shown.flatMap { outputs[$0.stream] } ?? -1
            var requests = [
                pollfd(fd: signals.descriptor.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: shown == nil ? socket.descriptor.raw : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLIN), revents: 0),
                pollfd(fd: screen, events: Int16(POLLOUT), revents: 0),
            ]
            try system("wait for", "container") { poll(&requests, 4, -1) }
            while let signal = try signals.next() {
                if !options.passesSignals, Self.ends(signal) { return .interrupted(signal) }
                try pass(signal)
            }
            if requests[3].revents != 0 { try show() }
            if requests[1].revents != 0, try !receive() { return outcome ?? .lost }
            if requests[2].revents != 0, try !type() { return .detached }
        }
    }

    private static func ends(_ signal: Int32) -> Bool { ![SIGCONT, SIGWINCH, SIGPIPE].contains(signal) }

    private func pass(_ signal: Int32) throws {
        if signal == SIGWINCH, hasTerminal { return try tellSize() }
        guard options.passesSignals, signal != SIGPIPE else { return }
        try socket.send(AttachMessage.FromClient.signal(signal).bytes)
    }

    private func tellSize() throws {
        guard let size = try options.console.size() else { return }
        try socket.send(AttachMessage.FromClient.resize(rows: size.rows, columns: size.columns).bytes)
    }

    /// - Returns: false where the other end is gone.
    private mutating func receive() throws -> Bool {
        let bytes = try socket.receive(limit: AttachMessage.portion + 1)
        if bytes.isEmpty { return false }
        switch AttachMessage.FromSupervisor(bytes) {
        case .output(let text): if outputs[0] != nil { shown = (0, text) }
        case .errors(let text): if outputs[1] != nil { shown = (1, text) }
        case .taken: hasCredit = true
        case .exit(let code): outcome = .exited(code)
        case .refused: outcome = .refused
        case nil: break
        }
        return true
    }

    private mutating func show() throws {
        guard let (stream, bytes) = shown, let output = outputs[stream] else { return shown = nil }
        do throws(SystemError) {
            let count = try system("write", "output") {
                bytes.prefix(Self.portion).withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
            }
            shown = count == bytes.count ? nil : (stream, bytes.dropFirst(count))
        } catch {
            if error.errno == .wouldBlock { return }
            // Nobody reads it, or there is no room for it.
            outputs[stream] = nil
            shown = nil
        }
    }

    /// - Returns: false where the keys to leave were typed.
    private mutating func type() throws -> Bool {
        guard let input = options.console.input else { return true }
        var buffer = [UInt8](repeating: 0, count: AttachMessage.portion - options.detachKeys.count)
        var count = 0
        do throws(SystemError) {
            count = try system("read", "input") { read(input, &buffer, buffer.count) }
        } catch {
            if error.errno == .wouldBlock { return true }
            // A terminal that hung up has no more to say.
        }
        if count == 0 {
            inputIsOpen = false
            hasCredit = !hasTerminal
            let end: AttachMessage.FromClient = hasTerminal ? .input([Self.endOfInput]) : .endInput
            try socket.send(end.bytes)
            return true
        }
        guard let typed = keys.pass(buffer[..<count]) else { return false }
        guard !typed.isEmpty else { return true }
        hasCredit = false
        try socket.send(AttachMessage.FromClient.input(typed[...]).bytes)
        return true
    }
}

/// Raw mode where the console types, for as long as the value lives.
private final class ConsoleMode {
    private let mode: RawTerminal?

    init(_ console: Console) throws(SystemError) {
        guard let input = console.input, isatty(input) == 1 else {
            mode = nil
            return
        }
        mode = try RawTerminal.enter(
            Descriptor(owning: try system("duplicate", "console") { fcntl(input, F_DUPFD_CLOEXEC, 3) }))
    }
}
