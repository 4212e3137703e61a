import CLinux
import Glibc
import Linux
import Model

/// Descriptor numbers, borrowed, that become 0, 1 and 2 of a container without a terminal; nil is `/dev/null`.
///
/// They must be open, and meant for it: a program that was started with 0, 1 or 2 closed has to open something there
/// before it opens anything else, or the container is handed what came to stand there.
///
/// A terminal is not handed over unless that is asked for: with it the container could type to its caller's shell and
/// steer its jobs. It gets a pipe instead, which ``RunningProcess/supervise(_:console:)`` copies.
public struct StandardStreams: Sendable, Hashable {
    public var input: Int32?
    public var output: Int32?
    public var errors: Int32?
    /// For a container that outlives the caller, when nobody is left to copy.
    public var handsTerminalsOver: Bool

    public init(
        input: Int32? = nil, output: Int32? = 1, errors: Int32? = 2, handsTerminalsOver: Bool = false
    ) {
        self.input = input
        self.output = output
        self.errors = errors
        self.handsTerminalsOver = handsTerminalsOver
    }
}

/// What becomes 0, 1 and 2 of a container, out of the way of this process's own.
struct HeldStreams: ~Copyable {
    private let input: SharedDescriptor
    private let output: SharedDescriptor
    private let errors: SharedDescriptor
    /// Copy between the caller's terminals and the pipes that the container has in their place.
    let relays: StreamRelays

    var raw: (Int32, Int32, Int32) { (input.descriptor.raw, output.descriptor.raw, errors.descriptor.raw) }

    private init(
        input: SharedDescriptor, output: SharedDescriptor, errors: SharedDescriptor, relays: [StreamRelay] = []
    ) {
        self.input = input
        self.output = output
        self.errors = errors
        self.relays = StreamRelays(relays)
    }

    /// - Parameters:
    ///   - terminal: the container's side of its own terminal, which is all three streams then; -1 for none.
    ///   - owner: the container's user, who has to be able to open a pipe by name, as `/dev/stdout` does.
    static func open(_ streams: StandardStreams, terminal: Int32, owner: UInt32) throws(RuntimeError) -> HeldStreams {
        try doing("open standard streams") { () throws(SystemError) in
            if terminal >= 0 {
                let terminal = try copy(terminal)
                return HeldStreams(input: terminal, output: terminal, errors: terminal)
            }
            if streams.handsTerminalsOver {
                return HeldStreams(
                    input: try copy(streams.input), output: try copy(streams.output), errors: try copy(streams.errors))
            }
            return try open(streams, owner)
        }
    }

    private static func open(_ streams: StandardStreams, _ owner: UInt32) throws(SystemError) -> HeldStreams {
        var relays: [StreamRelay] = []
        let input: SharedDescriptor
        if let console = try terminal(streams.input) {
            let pipe = try StreamPipe(owner: owner)
            relays.append(StreamRelay(from: console, to: try pipe.ours(pipe.writer), isOutput: false))
            input = pipe.reader
        } else {
            input = try copy(streams.input)
        }
        /// A pipe whose other end is shown on `console`.
        func pipe(to console: SharedDescriptor) throws(SystemError) -> SharedDescriptor {
            let pipe = try StreamPipe(owner: owner)
            let screen = try SharedDescriptor.screen(console.descriptor.raw)
            relays.append(StreamRelay(from: try pipe.ours(pipe.reader), to: screen, isOutput: true))
            return pipe.writer
        }
        let (shown, told) = (try terminal(streams.output), try terminal(streams.errors))
        let output = if let shown { try pipe(to: shown) } else { try copy(streams.output) }
        let errors: SharedDescriptor
        if let shown, let told, try shown.descriptor.status().device == told.descriptor.status().device {
            // What is written to one terminal by two names comes out in the order of writing: one pipe for both.
            errors = output
        } else {
            errors = if let told { try pipe(to: told) } else { try copy(streams.errors) }
        }
        return HeldStreams(input: input, output: output, errors: errors, relays: relays)
    }

    /// A copy of a stream that is a terminal; nil of any other.
    private static func terminal(_ raw: Int32?) throws(SystemError) -> SharedDescriptor? {
        guard let raw, isatty(raw) == 1 else { return nil }
        return try copy(raw)
    }

    private static func copy(_ raw: Int32?) throws(SystemError) -> SharedDescriptor {
        if let raw {
            return SharedDescriptor(
                Descriptor(owning: try system("duplicate", "descriptor \(raw)") { fcntl(raw, F_DUPFD_CLOEXEC, 3) }))
        }
        let null = try Files.open("/dev/null", flags: O_RDWR)
        return SharedDescriptor(
            Descriptor(owning: try system("duplicate", "/dev/null") { fcntl(null.raw, F_DUPFD_CLOEXEC, 3) }))
    }
}

/// Both ends of a pipe between this process and a container.
private struct StreamPipe {
    let reader: SharedDescriptor
    let writer: SharedDescriptor

    init(owner: UInt32) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try system("make", "pipe") { varve_pipe(&ends) }
        reader = SharedDescriptor(Descriptor(owning: ends[0]))
        writer = SharedDescriptor(Descriptor(owning: ends[1]))
        try system("change owner of", "pipe") { fchown(ends[0], owner, gid_t.max) }
    }

    /// The end that stays here, where nothing may block on the container.
    func ours(_ end: SharedDescriptor) throws(SystemError) -> SharedDescriptor {
        let raw = end.descriptor.raw
        let flags = try system("read flags of", "pipe") { fcntl(raw, F_GETFL) }
        try system("set flags of", "pipe") { fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
        return end
    }
}
