import Glibc
import Linux
import Model

/// Copies between a container's terminal and the console of its supervisor, without blocking on the container.
struct TerminalProxy: ConsoleCopier {
    private let terminal: ContainerTerminal
    private let console: Console
    /// The console's output.
    private let screen: SharedDescriptor
    /// Typed, and not yet taken by the container's terminal.
    private var typed: [UInt8] = []
    /// Written by the container, and not yet taken by the console.
    private var shown: [UInt8] = []
    private var inputIsOpen: Bool
    private var outputIsOpen = true
    private var keys: DetachKeys
    private(set) var isLeft = false

    /// What a pipe that polls as writable takes at once (pipe(7), PIPE_BUF), so that writing to it never blocks.
    private static let portion = 4096
    /// Ends the input of a program that reads lines (termios(3), VEOF).
    private static let endOfInput: UInt8 = 4

    init(_ terminal: ContainerTerminal, _ console: Console, _ keys: DetachKeys) throws(SystemError) {
        self.keys = keys
        self.terminal = terminal
        self.console = console
        screen = try SharedDescriptor.screen(console.output)
        inputIsOpen = console.input != nil
        let raw = terminal.sides.outer.raw
        let flags = try system("read flags of", "terminal") { fcntl(raw, F_GETFL) }
        try system("set flags of", "terminal") { fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
        try followSize()
    }

    /// Gives the container's terminal the size of the console, where that is a terminal.
    func followSize() throws(SystemError) {
        if let size = try console.currentSize() { try terminal.sides.outer.setTerminalSize(size) }
    }

    /// What to wait for now: the terminal, the console's input and its output. A negative descriptor waits for nothing.
    var requests: [pollfd] {
        let readsTerminal = shown.isEmpty ? POLLIN : 0
        let writesTerminal = typed.isEmpty ? 0 : POLLOUT
        return [
            pollfd(fd: terminal.sides.outer.raw, events: Int16(readsTerminal | writesTerminal), revents: 0),
            pollfd(fd: inputIsOpen && typed.isEmpty ? console.input ?? -1 : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: outputIsOpen && !shown.isEmpty ? screen.descriptor.raw : -1, events: Int16(POLLOUT), revents: 0),
        ]
    }

    /// Moves what the answered requests allow.
    mutating func copy(_ answers: ArraySlice<pollfd>) throws(SystemError) {
        let answers = answers.map(\.revents)
        if answers[1] != 0 { try readInput() }
        if answers[0] & Int16(POLLOUT) != 0 { try type() }
        if answers[0] & Int16(POLLIN) != 0 { _ = try readTerminal() }
        if answers[2] != 0 { show() }
    }

    /// Shows what the ended container has left in its terminal, unless a signal comes first.
    mutating func drain(untilSignal signals: Int32) throws(SystemError) {
        repeat {
            while !shown.isEmpty {
                guard try waitForRoom(on: screen.descriptor.raw, orSignal: signals) else { return }
                show()
            }
        } while try readTerminal()
    }

    private mutating func readInput() throws(SystemError) {
        guard let input = console.input else { return }
        var buffer = [UInt8](repeating: 0, count: TerminalProxy.portion)
        do throws(SystemError) {
            let count = try system("read", "console") { Glibc.read(input, &buffer, buffer.count) }
            if count > 0 {
                if let passed = keys.pass(buffer[..<count]) { typed = passed } else { isLeft = true }
                return
            }
        } catch {
            if error.errno == .wouldBlock { return }
            // A console that hung up has nothing more to type, as one that ended.
            guard error.errno == TerminalProxy.hungUp else { throw error }
        }
        inputIsOpen = false
        typed = [TerminalProxy.endOfInput]
    }

    private mutating func type() throws(SystemError) {
        let raw = terminal.sides.outer.raw
        do throws(SystemError) {
            let count = try system("write", "terminal") { Glibc.write(raw, typed, typed.count) }
            typed.removeFirst(count)
        } catch {
            switch error.errno {
            case .wouldBlock: return
            // The container's side is gone for good; its end follows.
            case TerminalProxy.hungUp: typed = []
            default: throw error
            }
        }
    }

    /// Whether there was something to read.
    private mutating func readTerminal() throws(SystemError) -> Bool {
        var buffer = [UInt8](repeating: 0, count: TerminalProxy.portion)
        let raw = terminal.sides.outer.raw
        do throws(SystemError) {
            let count = try system("read", "terminal") { Glibc.read(raw, &buffer, buffer.count) }
            // When nobody looks, the container still must not block.
            if outputIsOpen { shown = Array(buffer[..<count]) }
            return count > 0
        } catch {
            if error.errno == .wouldBlock || error.errno == TerminalProxy.hungUp { return false }
            throw error
        }
    }

    private mutating func show() {
        let count = Glibc.write(screen.descriptor.raw, shown, shown.count)
        if count >= 0 {
            shown.removeFirst(count)
        } else if errno != EINTR && errno != EAGAIN {
            // A closed pipe or a vanished terminal: there is nobody to show it to, and nobody to tell.
            outputIsOpen = false
            shown = []
        }
    }

    private static let hungUp = Errno(rawValue: EIO)
}
