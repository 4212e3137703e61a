import CLinux
import Glibc

/// A terminal's size in characters.
public struct TerminalSize: Hashable, Sendable {
    public var rows: UInt16
    public var columns: UInt16

    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

/// A pseudo terminal (pty(7)): what is written on one side is typed on the other.
public struct PseudoTerminal: ~Copyable, Sendable {
    /// The side of the one who looks and types.
    public let outer: Descriptor
    /// The side of the program.
    public let inner: Descriptor

    private init(outer: consuming Descriptor, inner: consuming Descriptor) {
        self.outer = outer
        self.inner = inner
    }

    /// Makes one in an instance of devpts, which may still be detached.
    public static func open(in devpts: DirectoryReference) throws(SystemError) -> PseudoTerminal {
        // In a container's own devpts something else may be mounted over it.
        let outer = try Files.open(
            "ptmx", in: devpts, flags: O_RDWR | O_NOCTTY,
            resolve: [.beneath, .noSymlinks, .noMagicLinks, .noMountCrossing])
        let raw = outer.raw
        let inner = Descriptor(owning: try system("open terminal", "") { varve_terminal_peer(raw) })
        return PseudoTerminal(outer: outer, inner: inner)
    }

    /// The same terminal by descriptors of their own.
    public func duplicate() throws(SystemError) -> PseudoTerminal {
        PseudoTerminal(outer: try outer.duplicate(), inner: try inner.duplicate())
    }

    /// Keeps the outer side and closes the inner one here.
    public consuming func outerOnly() -> Descriptor { outer }
}

extension Descriptor {
    /// Whether this is a terminal.
    public var isTerminal: Bool { isatty(raw) == 1 }

    public func terminalSize() throws(SystemError) -> TerminalSize {
        var size = TerminalSize(rows: 0, columns: 0)
        let raw = raw
        try system("read terminal size", "") { varve_terminal_size(raw, &size.rows, &size.columns) }
        return size
    }

    /// Its foreground process group is told by SIGWINCH.
    public func setTerminalSize(_ size: TerminalSize) throws(SystemError) {
        let raw = raw
        try system("set terminal size", "") { varve_terminal_resize(raw, size.rows, size.columns) }
    }
}

/// A terminal that passes every byte on as typed (termios(3), "raw mode"), until the value goes away.
public struct RawTerminal: ~Copyable, Sendable {
    private let terminal: Descriptor
    private let previous: termios

    private init(terminal: consuming Descriptor, previous: termios) {
        self.terminal = terminal
        self.previous = previous
    }

    /// Puts a terminal into raw mode.
    public static func enter(_ terminal: borrowing Descriptor) throws(SystemError) -> RawTerminal {
        let copy = try terminal.duplicate()
        var previous = termios()
        try system("read terminal mode", "") { tcgetattr(copy.raw, &previous) }
        var mode = previous
        cfmakeraw(&mode)
        try system("set terminal mode", "") { tcsetattr(copy.raw, TCSADRAIN, &mode) }
        return RawTerminal(terminal: copy, previous: previous)
    }

    deinit {
        // Nobody is left to hear of a failure; the terminal is gone then.
        var mode = previous
        while tcsetattr(terminal.raw, TCSADRAIN, &mode) == -1 && errno == EINTR {}
    }
}
