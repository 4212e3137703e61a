import Glibc
import Linux
import Model
import Runtime

/// What running a further process in a container takes.
public struct ExecRequest {
    public var id: ContainerID
    public var process: Specification.Process
    /// Whether the process outlives the caller, whose standard streams it has then, or a terminal that is handed over.
    public var isDetached = false
    /// A UNIX socket that is sent the outer side of the terminal.
    public var consoleSocket: String?
    /// Where the pid of the process is written.
    public var pidFile: String?
    public var passed = PassedFiles()
    /// Whether a container that is paused is no reason to refuse; the process starts when it is resumed.
    public var ignoresPause = false
    /// Is told of what keeps nothing from being done.
    public var warned: (String) -> Void = { _ in }

    public init(id: ContainerID, process: Specification.Process) {
        self.id = id
        self.process = process
    }
}

extension Containers {
    /// The container's own process: what a further one is like unless it is told otherwise.
    public func process(of id: ContainerID) throws -> Specification.Process {
        try place(of: id).readSpecification().process
    }

    /// Runs a further process in a container.
    /// - Parameter console: whose terminal, or whose streams, the process uses, unless it is detached.
    /// - Returns: when its program is executed, nil; where it is not detached, when it has ended, its exit code, or 128 + the
    ///   signal that ended it.
    public func exec(_ request: ExecRequest, console: Console) throws -> Int32? {
        let container = try enterable(request)
        guard let first = try container.record.process?.open() else {
            throw OCIError(.wrongState, "exec in container", request.id.text, "cannot exec in a stopped container")
        }
        let socket = try ConsoleSocket.connect(
            request.consoleSocket, isDetached: request.isDetached, hasTerminal: request.process.hasTerminal)
        var process = request.process
        process.environment += request.passed.environment
        process.capabilities = try process.capabilities.granted(
            in: container.specification.linux, warned: request.warned)
        if request.isDetached {
            let released = try enter(first, process, container.specification.linux, request).release()
            do {
                try socket?.send(released)
                if let path = request.pidFile { try PIDFile.write(released.process.pid, to: path) }
            } catch {
                try released.process.send(signal: SIGKILL)
                throw error
            }
            return nil
        }
        if process.hasTerminal, process.consoleSize == nil { process.consoleSize = try console.size() }
        let signals = try ForwardedSignals.hold()
        let running = try enter(first, process, container.specification.linux, request)
        // It is tied to this process: should that fail, it is ended.
        if let path = request.pidFile { try PIDFile.write(running.process.pid, to: path) }
        return try running.supervise(signals, console: console)
    }

    private func enter(
        _ first: borrowing ProcessHandle, _ process: Specification.Process, _ linux: Specification.Linux,
        _ request: ExecRequest
    ) throws -> RunningProcess {
        var options = EnterOptions(streams: request.isDetached ? .passed : StandardStreams(input: 0))
        options.isTiedToCaller = !request.isDetached
        // What holds for the container's own process holds for this one.
        options.seccomp = linux.seccomp
        options.seccompCache = filters
        options.personality = linux.personality
        options.passedDescriptors = request.passed.descriptors
        return try Runtime.enter(try LiveContainer.open(first), process, options: options)
    }

    /// The container, if processes can be started in it.
    private func enterable(_ request: ExecRequest) throws -> SeenContainer {
        let container = try look(at: request.id)
        func refuse(_ why: String) -> OCIError { OCIError(.wrongState, "exec in container", request.id.text, why) }
        switch container.status {
        case .creating: throw refuse("container is being created")
        case .paused where !request.ignoresPause:
            throw refuse("cannot exec in a paused container (use --ignore-paused to override)")
        case .stopped: throw refuse("cannot exec in a stopped container")
        case .created, .running, .paused: return container
        }
    }
}
