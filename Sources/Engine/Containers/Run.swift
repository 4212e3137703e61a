import Glibc
import Linux
import Model
import ObjectStore
import Runtime
import Snapshot

extension Repository {
    /// Runs the container's command in the foreground, tied to this process, and returns when it has ended.
    /// - Parameters:
    ///   - console: whose terminal, or whose streams, the command uses.
    ///   - isLasting: whether the container outlives the command, so that its state has to reach the disk; else it is removed
    ///     at the command's end, also where the command could not be started.
    ///   - notice: takes what the caller is to know although the command runs, in one line.
    /// - Returns: the command's exit code, or 128 + the signal that ended it.
    public func run(
        _ container: Container, console: RunConsole, isLasting: Bool, notice: @escaping (String) -> Void = { _ in }
    ) throws -> Int32 {
        let running = try claimRunning(container)
        guard !isLasting else {
            try settle(container, holding: running)
            let end = try runToEnd(container, console, isLasting, notice)
            try end.write(to: running)
            try recordEnd(end, of: container) { _ in .exited(code: end.code) }
            return end.code
        }
        let end: RunRecord
        do { end = try runToEnd(container, console, isLasting, notice) } catch {
            warnWhereFails("remove container", container) { try remove(container, holding: running) }
            throw error
        }
        // Where this process is killed before the removal, whoever settles reads it.
        try end.write(to: running)
        warnWhereFails("remove container", container) { try removeEnded(container, end, holding: running) }
        return end.code
    }

    private func runToEnd(
        _ container: Container, _ console: RunConsole, _ isLasting: Bool, _ notice: @escaping (String) -> Void
    ) throws -> RunRecord {
        let start = ContainerStart(container: container, isLasting: isLasting, notice: notice)
        // Until here a signal ends varve, from here on it is the container's.
        var signals: ForwardedSignals?
        let process = try launch(start, console: console) { () throws in signals = try ForwardedSignals.hold() }
        let code: Int32
        if let signals = signals.take() {
            code = try process.supervise(signals, console: console.console)
        } else {
            code = try process.wait()
        }
        return RunRecord(
            run: try state(of: container).life.run, code: code, signal: code > 128 ? code - 128 : 0,
            time: Timestamp.clock())
    }

    private func warnWhereFails(_ operation: String, _ container: Container, _ body: () throws -> Void) {
        do { try body() } catch { warned("\(operation): \(container.name): \(worded(error))") }
    }

    /// Starts the container's command, and puts on record that it runs. The caller has ``claimRunning(_:)``.
    /// - Parameter beforeStart: called when all but the process is there.
    func launch(
        _ start: ContainerStart, console: RunConsole, beforeStart: () throws -> Void
    ) throws -> RunningProcess {
        let container = start.container
        let lock = try lock(container)
        defer { withExtendedLifetime(lock) {} }
        try requireRecovered()
        try requireUpperDirectories()
        try endLeftovers(of: container)
        let state = try state(of: container)
        try removeOldUppers(of: container, state)
        let root = try mountRoot(of: container, state)
        try planConnections(of: container, on: state)
        do { return try launch(start, state, root, console, beforeStart) } catch {
            disconnectOrWarn(container)
            throw error
        }
    }

    private func launch(
        _ start: ContainerStart, _ state: ContainerState, _ root: consuming Descriptor, _ console: RunConsole,
        _ beforeStart: () throws -> Void
    ) throws -> RunningProcess {
        let container = start.container
        var specification = try specification(for: container, state, root: root, console: console)
        specification.mounts += try volumeMounts(of: container, state, isLasting: start.isLasting)
        specification.mounts += try nameMounts(
            of: container, hostname: specification.hostname ?? "", besides: specification.mounts)
        container.configuration.security.userNamespace.map(&specification.mounts)
        try Files.replace(
            "\(files(of: container.id).directory)/config.json", with: try specification.json().serialized(),
            isDurable: start.isLasting)
        try start.streams?.give(to: specification.hostUser)
        try beforeStart()
        let process = try self.start(specification, root, console, start)
        if let problem = process.controlGroupProblem ?? Self.groupless(specification) {
            start.notice("control group: \(container.name): it has none, so it can't be frozen: \(problem)")
        }
        do { try recordStart(of: process, start) } catch {
            // Nobody would know of it.
            try process.process.send(signal: SIGKILL)
            _ = try process.wait()
            throw error
        }
        return process
    }

    private func recordStart(of process: borrowing RunningProcess, _ start: ContainerStart) throws {
        let made = process.madePaths.map(\.path)
        // Nobody has waited for either, so both have their numbers.
        let first = try ProcessIdentity.ofExisting(process.process.pid)
        let keeper = try ProcessIdentity.ofExisting(getpid())
        let boot = try Boot.current()
        record(.start, of: start.container)
        try changeState(of: start.container.id, isDurable: start.isLasting) { state in
            state.status = .running(first)
            state.mountPoints.formUnion(made)
            state.started = Moment.now()
            state.finished = nil
            state.life = state.life.started(by: keeper, since: boot, isAgain: start.isAgain)
        }
    }

    /// Where the start fails, what it made to mount on is no change of the container's either.
    private func start(
        _ specification: Specification, _ root: consuming Descriptor, _ console: RunConsole, _ start: ContainerStart
    ) throws -> RunningProcess {
        var options = RunOptions(streams: console.streams, makesWorkingDirectory: true)
        options.seccompCache = SeccompCache(directory: "\(self.root)/filters")
        options.hasInit = start.container.configuration.lifecycle.hasInit
        let connection = Connection(of: start.container, in: self)
        options.prepared = connection.prepared
        do { return try Runtime.run(specification, rootfs: root, options: options) } catch {
            let made = error.madePaths.map(\.path)
            try changeState(of: start.container.id, isDurable: start.isLasting) { $0.mountPoints.formUnion(made) }
            throw connection.failure ?? error
        }
    }

    private static func groupless(_ specification: Specification) -> String? {
        specification.linux.cgroupsPath == nil ? "no hierarchy of control groups is mounted" : nil
    }

    /// - Parameter isAsInside: whether files belong to who they belong to in the container's user namespace; else to the numbers
    ///   that are on the disk.
    func mountRoot(of container: Container, _ state: ContainerState, isAsInside: Bool = true) throws -> Descriptor {
        let tree = try content(of: state.checkout).fs
        _ = try upperDirectory(of: container, state) { try store().directory(tree).attributes }
        let owners = isAsInside ? try container.configuration.security.userNamespace.owners() : nil
        let directory = try owners.openLayer(files(of: container.id).directory)
        let upper = try Files.openDirectory(KernelPath("upper.\(state.upper)"), in: directory.reference)
        let work = try Files.openDirectory(KernelPath("work.\(state.upper)"), in: directory.reference)
        return try checkout().mount(
            tree, in: self, writable: WritableLayer(upper: upper.reference, work: work.reference), owners: owners)
    }
}

/// A start of a container, whoever stays with it.
struct ContainerStart {
    let container: Container
    /// Whether the container outlives its command, so that its state has to reach the disk.
    let isLasting: Bool
    /// Whether the restart policy asks for it.
    var isAgain = false
    /// The pipes of one that runs on its own.
    var streams: SupervisedStreams?
    /// Takes what somebody is to know although the command runs, in one line.
    let notice: (String) -> Void
}

extension ContainerLife {
    /// Of a container that has just been started.
    fileprivate func started(by keeper: ProcessIdentity, since boot: String, isAgain: Bool) -> ContainerLife {
        var life = ContainerLife()
        life.run = run + 1
        (life.keeper, life.boot) = (keeper, boot)
        if isAgain {
            (life.restarts, life.delay) = (restarts + 1, delay)
            // Somebody may have asked while it was being started.
            life.isStopAsked = isStopAsked
        }
        return life
    }
}

/// Whose input and output a container uses.
public struct RunConsole: Sendable {
    public var console: Console
    public var streams: StandardStreams

    /// - Parameter isInteractive: whether the container reads standard input.
    public init(isInteractive: Bool) {
        console = Console(input: isInteractive ? STDIN_FILENO : nil, output: STDOUT_FILENO)
        streams = StandardStreams(input: isInteractive ? STDIN_FILENO : nil)
    }

    /// Nothing is read, and all goes to `output`, borrowed.
    public init(writingTo output: Int32) {
        console = Console(input: nil, output: output)
        streams = StandardStreams(input: nil, output: output, errors: output)
    }

    /// - Parameter console: only its size counts, where it is a terminal.
    public init(console: Console, streams: StandardStreams) {
        (self.console, self.streams) = (console, streams)
    }
}

extension Specification {
    /// The host's number of the process's user; the container's own where that has none on the host, which ends the start.
    fileprivate var hostUser: UInt32 {
        let uid = process.user.uid
        let range = linux.uidMappings.first { uid >= $0.container && uid - $0.container < $0.size }
        return range.map { $0.host + (uid - $0.container) } ?? uid
    }
}
