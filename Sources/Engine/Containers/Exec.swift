import Glibc
import Linux
import Model
import Runtime

/// A further command in a running container.
public struct ExecRequest: Sendable {
    /// At least one word.
    public var command: [String]
    /// `NAME=value`, over those of the container.
    public var environment: [String] = []
    /// `name|uid[:group|gid]`; nil for the container's.
    public var user: String?
    /// Nil for the container's.
    public var workingDirectory: String?
    public var hasTerminal = false
    /// Whether it has all capabilities.
    public var isPrivileged = false
    /// Whether it is left alone, with nothing on its standard streams but a terminal that nobody looks at, if it has one.
    public var isDetached = false
    /// Typed one after the other in the terminal, they leave the command alone; empty for none.
    public var detachKeys: [UInt8] = []

    public init(command: [String]) { self.command = command }
}

extension Repository {
    /// Runs a further command in a running container: with the container's namespaces, control groups, limits, system-call
    /// filter and capabilities. It is killed when the calling process ends, unless it is detached, or can be: then its terminal hangs
    /// up.
    /// - Returns: the command's exit code, or 128 + the signal that ended it; 0 for one that goes on.
    /// - Throws: where the container does not run, or is paused.
    public func exec(_ request: ExecRequest, in container: Container, console: RunConsole) throws -> Int32 {
        let id = Self.randomHex(32)
        let words = [Event.Attribute("exec", id), .init("command", request.command[0])]
        let canBeLeft = request.hasTerminal && (request.isDetached || !request.detachKeys.isEmpty)
        let keeper = canBeLeft ? try TerminalKeeper() : nil
        let signals = try ForwardedSignals.hold()
        let process = try entered(container) { live, state in
            let specification = try startedSpecification(of: container)
            let process = try self.process(
                of: request, in: container, state, specification, root: live.root.reference, console: console)
            var options = EnterOptions(streams: request.isDetached ? Self.noStreams : console.streams)
            options.seccomp = request.isPrivileged ? nil : specification.linux.seccomp
            options.seccompCache = SeccompCache(directory: "\(root)/filters")
            options.isTiedToCaller = !request.isDetached && !canBeLeft
            record(.execCreate, of: container, words)
            return try Runtime.enter(live, process, options: options)
        }
        record(.execStart, of: container, words)
        if request.isDetached {
            // Whoever becomes its parent when this process ends waits for it.
            let released = try process.release()
            try keeper?.keep(released)
            return 0
        }
        switch try process.stay(signals, console: console.console, detachKeys: DetachKeys(request.detachKeys)) {
        case .ended(let code):
            record(.execDie, of: container, words + [.init("exitCode", "\(code)")])
            return code
        case .left(let released):
            try keeper?.keep(released)
            record(.execDetach, of: container, words)
            return 0
        }
    }

    private static let noStreams = StandardStreams(input: nil, output: nil, errors: nil)

    private func entered(
        _ container: Container, _ enter: (borrowing LiveContainer, ContainerState) throws -> RunningProcess
    ) throws -> RunningProcess {
        let state = try state(of: container)
        guard case .running(let first) = state.status, let process = try first.open() else {
            throw EngineError.containerNotRunning(container.name)
        }
        // It would wait without end.
        if state.isPaused { throw EngineError.containerPaused(container.name) }
        do {
            return try enter(try LiveContainer.open(process), state)
        } catch {
            // Of one that is ending the kernel tells many things.
            guard case .running(first) = try self.state(of: container).status, try !process.hasEnded() else {
                throw EngineError.containerNotRunning(container.name)
            }
            throw error
        }
    }

    /// What the container was started by.
    private func startedSpecification(of container: Container) throws -> Specification {
        let path = "\(files(of: container.id).directory)/config.json"
        guard let bytes = try Files.contentsIfPresent(path) else {
            throw EngineError.damagedContainer(container.id, reason: "\(path) is missing")
        }
        do { return try Specification(parsing: try JSON(parsing: bytes)) } catch {
            throw EngineError.damagedContainer(container.id, reason: "\(path) is damaged: \(error)")
        }
    }

    /// - Parameter root: the container's root, in which its processes may have changed anything.
    private func process(
        of request: ExecRequest, in container: Container, _ state: ContainerState, _ specification: Specification,
        root: DirectoryReference, console: RunConsole
    ) throws -> Specification.Process {
        let image = try imageConfiguration(of: state.checkout)
        let configuration = container.configuration
        let user = try UserLookup(request.user ?? configuration.user ?? image.user ?? "", in: root)
        var environment = EnvironmentList(
            configuration, image, hostname: specification.hostname ?? "", hasTerminal: request.hasTerminal)
        environment.merge(request.environment)
        environment.settle(home: user.home)

        var started = specification
        started.process.user = Specification.User(
            uid: user.uid, gid: user.gid, additionalGroups: user.additionalGroups,
            umask: specification.process.user.umask)
        // The groups that were asked for beside the user's, by their names of now.
        let limits = started.process.limits
        try configuration.process.apply(to: &started, in: root)
        var process = started.process
        process.limits = limits
        process.arguments = request.command.map { ByteName($0) }
        process.environment = environment.variables.map { ByteName($0) }
        process.hasTerminal = request.hasTerminal
        process.consoleSize = try console.console.size()
        process.capabilities = Self.capabilities(
            request.isPrivileged ? try CapabilityOptions().set(isPrivileged: true) : process.capabilities.bounding,
            uid: user.uid)
        if let directory = request.workingDirectory { process.workingDirectory = try Self.workingDirectory(directory) }
        return process
    }

    /// Whoever is not root has none, and can get those of the bounding set by a set-user-ID program alone.
    private static func capabilities(_ set: CapabilitySet, uid: UInt32) -> Specification.Capabilities {
        var capabilities = Specification.Capabilities(set)
        if uid != 0 { (capabilities.effective, capabilities.permitted) = ([], []) }
        return capabilities
    }
}
