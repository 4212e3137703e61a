import Glibc
import Linux
import Model
import ObjectStore
import Runtime
import Snapshot

extension Repository {
    /// Runs the container's command in the foreground and returns when it has ended.
    /// - Parameters:
    ///   - console: whose terminal, or whose streams, the command uses.
    ///   - isLasting: whether the container outlives the command, so that its state has to reach the disk.
    ///   - notice: takes what the caller is to know although the command runs, in one line.
    /// - Returns: the command's exit code, or 128 + the signal that ended it.
    public func run(
        _ container: Container, console: RunConsole, isLasting: Bool, notice: (String) -> Void = { _ in }
    ) throws -> Int32 {
        let files = files(of: container.id)
        let running = try claimRunning(container)
        defer { withExtendedLifetime(running) {} }

        let process = try withLock(container) {
            try requireRecovered()
            try requireUpperDirectories()
            try endLeftovers(of: container)
            let state = try state(of: container)
            try removeOldUppers(of: container, state)
            let root = try mountRoot(of: container, state)
            var specification = try specification(for: container, state, root: root, console: console)
            specification.mounts += try volumeMounts(of: container, state, isLasting: isLasting)
            try planConnections(of: container, exposed: try imageConfiguration(of: state.base).exposedPorts)
            specification.mounts += try nameMounts(
                of: container, hostname: specification.hostname ?? "", besides: specification.mounts)
            container.configuration.security.userNamespace.map(&specification.mounts)
            try Files.replace(
                "\(files.directory)/config.json", with: try specification.json().serialized(), isDurable: isLasting)
            // Until here a signal ends varve, from here on it is the container's.
            let signals = try ForwardedSignals.hold()
            let process = try start(specification, root, of: container, console, isLasting: isLasting)
            if let problem = process.controlGroupProblem ?? Self.groupless(specification) {
                notice("control group: \(container.name): it has none, so it can't be frozen: \(problem)")
            }
            record(.start, of: container)
            let (pid, made) = (process.process.pid, process.madePaths.map(\.path))
            do {
                try connect(container, to: "/proc/\(pid)/ns/net")
                try changeState(of: container.id, isDurable: isLasting) { state in
                    state.status = .running(pid: pid)
                    state.mountPoints.formUnion(made)
                    state.started = Moment.now()
                    state.finished = nil
                }
            } catch {
                // Nobody would know of it.
                try process.process.send(signal: SIGKILL)
                _ = try process.wait()
                disconnectOrWarn(container)
                throw error
            }
            return HeldProcess(process, signals)
        }
        let code = try process.supervise(console.console)
        record(.die, of: container, [.init("exitCode", "\(code)")])
        try withLock(container) {
            disconnectOrWarn(container)
            // Only this: its base may have moved on meanwhile.
            try changeState(of: container.id, isDurable: isLasting) { state in
                state.status = .exited(code: code)
                state.finished = Moment.now()
            }
        }
        return code
    }

    /// Where the start fails, what it made to mount on is no change of the container's either.
    private func start(
        _ specification: Specification, _ root: consuming Descriptor, of container: Container, _ console: RunConsole,
        isLasting: Bool
    ) throws -> RunningProcess {
        do {
            var options = RunOptions(streams: console.streams, makesWorkingDirectory: true)
            options.seccompCache = SeccompCache(directory: "\(self.root)/filters")
            return try Runtime.run(specification, rootfs: root, options: options)
        } catch {
            let made = error.madePaths.map(\.path)
            try changeState(of: container.id, isDurable: isLasting) { $0.mountPoints.formUnion(made) }
            disconnectOrWarn(container)
            throw error
        }
    }

    private static func groupless(_ specification: Specification) -> String? {
        specification.linux.cgroupsPath == nil ? "no cgroup2 hierarchy is mounted" : nil
    }

    func mountRoot(of container: Container, _ state: ContainerState) throws -> Descriptor {
        let tree = try content(of: state.checkout).fs
        _ = try upperDirectory(of: container, state) { try store().directory(tree).attributes }
        let owners = try container.configuration.security.userNamespace.owners()
        let directory = try owners.openLayer(files(of: container.id).directory)
        let upper = try Files.openDirectory(KernelPath("upper.\(state.upper)"), in: directory.reference)
        let work = try Files.openDirectory(KernelPath("work.\(state.upper)"), in: directory.reference)
        return try checkout().mount(
            tree, in: self, writable: WritableLayer(upper: upper.reference, work: work.reference), owners: owners)
    }
}

/// Whose input and output a foreground container uses.
public struct RunConsole: Sendable {
    public var console: Console
    public var streams: StandardStreams

    /// - Parameter isInteractive: whether the container reads standard input.
    public init(isInteractive: Bool) {
        console = Console(input: isInteractive ? STDIN_FILENO : nil, output: STDOUT_FILENO)
        streams = StandardStreams(input: isInteractive ? STDIN_FILENO : nil)
    }
}

/// A started container, to be taken out of the scope that started it.
private final class HeldProcess {
    private var process: RunningProcess?
    private let signals: ForwardedSignals

    init(_ process: consuming RunningProcess, _ signals: consuming ForwardedSignals) {
        self.process = consume process
        self.signals = signals
    }

    func supervise(_ console: Console) throws -> Int32 {
        guard let process = process.take() else { return 0 }
        return try process.supervise(signals, console: console)
    }
}
