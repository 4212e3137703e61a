import Linux
import Model

/// What entering a container is told beside the process.
public struct EnterOptions {
    public var streams: StandardStreams
    /// The execution domain, as a rule that of the container's specification.
    public var personality: Specification.Personality?
    /// What is executed in place of the first of the arguments.
    var program: ByteName?
    /// The filter of system calls, as a rule that of the container's specification.
    public var seccomp: Specification.Seccomp?
    /// Where compiled filters of system calls are kept; nil to compile each time.
    public var seccompCache: SeccompCache?
    /// Whether the process is killed when the calling *thread* ends.
    public var isTiedToCaller = true
    /// What becomes 3, 4 and so on of the process, in this order, borrowed.
    public var passedDescriptors: [Int32] = []

    public init(streams: StandardStreams = StandardStreams()) { self.streams = streams }
}

extension Runtime {
    /// Starts a further process in a running container and returns when its program is being executed. It is the caller's
    /// child, in the container's namespaces and in the control groups of its first process.
    ///
    /// A container that is frozen keeps the call waiting until it is thawed.
    public static func enter(
        _ container: borrowing LiveContainer, _ process: Specification.Process, options: EnterOptions = EnterOptions()
    ) throws(RuntimeError) -> RunningProcess {
        try process.check()
        let filter = try SeccompProgram(options.seccomp, cache: options.seccompCache)
        let owner = try owner(of: process, in: container)
        let terminal = try openTerminal(of: process, in: container, owner)
        let inner = terminal?.sides.inner.raw ?? -1
        let streams = try HeldStreams.open(options.streams, terminal: inner, owner: owner)
        let groups = try doing("enter", "control groups") { () throws(SystemError) in
            try GroupEntrance(try container.controlGroups())
        }
        let namespaces = container.namespaces
        guard namespaces.contains(.mount) else {
            throw RuntimeError(.refused, "enter container", "", "its first process has no mounts of its own")
        }
        var plan = try LaunchPlan(
            process, program: options.program, personality: options.personality, streams: streams.raw, terminal: inner,
            passed: try PassedDescriptors(options.passedDescriptors),
            filter: filter, gate: nil, isTied: options.isTiedToCaller, handsOver: namespaces.contains(.pid))
        plan.join(namespaces, of: container.process, groups: groups)
        return RunningProcess(
            process: try plan.launch(kind: { container.kind(at: $0) }), terminal: terminal, relays: streams.relays,
            groups: .none, madePaths: [])
    }

    private static func owner(
        of process: Specification.Process, in container: borrowing LiveContainer
    ) throws(RuntimeError) -> UInt32 {
        let uid = process.user.uid
        let owner = try doing("find user", "\(uid)") { () throws(SystemError) in try container.hostID(ofUser: uid) }
        if let owner { return owner }
        throw RuntimeError(.refused, "find user", "\(uid)", "the container's user namespace has no such id")
    }

    private static func openTerminal(
        of process: Specification.Process, in container: borrowing LiveContainer, _ owner: UInt32
    ) throws(RuntimeError) -> ContainerTerminal? {
        guard process.hasTerminal else { return nil }
        return try doing("open terminal", "/dev/pts") { () throws(SystemError) in
            let terminal = try container.openTerminal(owner: owner)
            if let size = process.consoleSize { try terminal.inner.setTerminalSize(size) }
            return ContainerTerminal(terminal)
        }
    }
}
