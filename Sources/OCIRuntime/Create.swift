import Linux
import Model
import Runtime

/// What making a container takes.
public struct CreateRequest {
    public var id: ContainerID
    public var bundle: String
    /// A UNIX socket that is sent the outer side of the terminal.
    public var consoleSocket: String?
    /// Where the pid of the first process is written.
    public var pidFile: String?
    public var passed = PassedFiles()
    /// Whether the old root is taken off by `pivot_root`; else the new one is moved on top of it.
    public var pivots = true
    /// Whether the container has a session keyring of its own.
    public var hasKeyring = true
    /// Whether a container that can have no control group runs without one, where no limit is asked for.
    public var toleratesNoControlGroup = false
    /// Is told of what keeps nothing from being done.
    public var warned: (String) -> Void = { _ in }

    public init(id: ContainerID, bundle: String) {
        self.id = id
        self.bundle = bundle
    }
}

extension Containers {
    /// Makes a container up to the point where its program waits to be executed (runtime.md, "Create"). It has the caller's
    /// standard streams, and outlives the caller.
    ///
    /// When anything fails, nothing is left of it.
    public func create(_ request: CreateRequest) throws { _ = try makeDetached(request) }

    func makeDetached(_ request: CreateRequest) throws -> HeldContainer {
        let bundle = try Bundle(at: request.bundle)
        let socket = try ConsoleSocket.connect(
            request.consoleSocket, isDetached: true, hasTerminal: bundle.specification.process.hasTerminal)
        let container = try makePlace(for: bundle, request)
        try orDestroying(container, request.warned) {
            let streams = StandardStreams.passed
            let process = try launch(container, request, streams, isTied: false).release()
            try socket?.send(process)
            try complete(container, process.process.pid, request)
        }
        return container
    }

    func makePlace(for bundle: Bundle, _ request: CreateRequest) throws -> HeldContainer {
        var specification = bundle.specification
        switch specification.linux.cgroupsPath {
        // Containers of two roots may have the same id.
        case nil:
            let mark = UInt32.random(in: .min ... .max)
            specification.linux.cgroupsPath = .absolute(
                BytePath(["varve-oci", ByteName("\(request.id.text)-\(String(mark, radix: 16))")]))
        // From wherever the runtime likes (config-linux.md, "Cgroups Path"): here from the top, so that whoever looks for the
        // container's groups later finds them, in whatever groups it is itself.
        case .relative(let path): specification.linux.cgroupsPath = .absolute(path)
        case .absolute: break
        }
        let record = ContainerRecord(bundle: bundle.path, rootfs: bundle.rootfs, created: Clock.now())
        return try makePlace(of: request.id, record, specification)
    }

    /// Starts the first process, which then waits at the gate.
    func launch(
        _ container: HeldContainer, _ request: CreateRequest, _ streams: StandardStreams, isTied: Bool
    ) throws -> RunningProcess {
        let gate = try Gate.make(container.place.gate)
        var options = RunOptions(streams: streams, makesWorkingDirectory: true)
        options.gate = gate.raw
        options.pivots = request.pivots
        options.keepsKeyring = !request.hasKeyring
        options.bundle = ByteName(container.record.bundle)
        options.seccompCache = filters
        options.hookState = { pid in container.hookState(.creating, pid) }
        options.isTiedToCaller = isTied
        options.passedDescriptors = request.passed.descriptors
        // From here on its process is known to whoever finds the container after a kill of this one.
        options.prepared = { pid in
            container.record.process = try ProcessIdentity(of: pid)
            try container.place.write(container.record)
        }
        options.groupClaimed = { group throws(SystemError) in try container.claim(group) }
        var specification = container.specification
        specification.process.environment += request.passed.environment
        specification.process.capabilities = try specification.process.capabilities.granted(
            in: specification.linux, warned: request.warned)
        let root = try Bundle.openRoot(container.record.rootfs)
        let process = try Runtime.run(specification, rootfs: root, options: options)
        // Where it joined a pid namespace, another process has taken the place of the one that was prepared.
        container.record.process = try ProcessIdentity(of: process.process.pid)
        container.record.deviceFilter = process.deviceFilter
        try container.place.write(container.record)
        guard let problem = process.controlGroupProblem else { return process }
        guard request.toleratesNoControlGroup else {
            throw OCIError(
                .failed, "make control group", container.id.text, problem,
                hint: "--rootless=true runs the container without one")
        }
        request.warned("make control group: \(container.id.text): \(problem)")
        return process
    }

    /// Everything is set up.
    func complete(_ container: HeldContainer, _ pid: Int32, _ request: CreateRequest) throws {
        if let path = request.pidFile { try PIDFile.write(pid, to: path) }
        container.record.isComplete = true
        try container.place.write(container.record)
    }
}
