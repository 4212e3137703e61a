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
    /// - Returns: the command's exit code, or 128 + the signal that ended it.
    public func run(_ container: Container, console: RunConsole, isLasting: Bool) throws -> Int32 {
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
            let specification = try specification(for: container, state, root: root, console: console)
            try Files.replace(
                "\(files.directory)/config.json", with: try specification.json().serialized(), isDurable: isLasting)
            // Until here a signal ends varve, from here on it is the container's.
            let signals = try ForwardedSignals.hold()
            let process = try Runtime.run(
                specification, rootfs: root, options: RunOptions(streams: console.streams, makesWorkingDirectory: true))
            let (pid, made) = (process.process.pid, process.madePaths.map(\.path))
            do {
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
                throw error
            }
            return HeldProcess(process, signals)
        }
        let code = try process.supervise(console.console)
        try withLock(container) {
            // Only this: its base may have moved on meanwhile.
            try changeState(of: container.id, isDurable: isLasting) { state in
                state.status = .exited(code: code)
                state.finished = Moment.now()
            }
        }
        return code
    }

    private func mountRoot(of container: Container, _ state: ContainerState) throws -> Descriptor {
        let tree = try content(of: state.checkout).fs
        let upper = try upperDirectory(of: container, state) { try store().directory(tree).attributes }
        let work = try Files.openDirectory(KernelPath(files(of: container.id).work(state.upper)))
        return try checkout().mount(tree, in: self, writable: (upper.reference, work.reference))
    }

    private func specification(
        for container: Container, _ state: ContainerState, root: borrowing Descriptor, console: RunConsole
    ) throws -> Specification {
        let image = try imageConfiguration(of: state.base)
        let configuration = container.configuration
        let command = image.entrypoint + (configuration.command.isEmpty ? image.command : configuration.command)
        guard !command.isEmpty else { throw EngineError.noCommand(container.revision) }
        let user = try UserLookup(configuration.user ?? image.user ?? "", in: root.reference)
        let hostname = configuration.hostname ?? container.shortID

        var environment = EnvironmentList()
        environment.merge([EnvironmentList.defaultPath, "HOSTNAME=\(hostname)"])
        if configuration.hasTerminal { environment.merge(["TERM=xterm"]) }
        environment.merge(image.environment)
        environment.merge(configuration.environment)
        if !environment.has("HOME") { environment.merge(["HOME=\(user.home)"]) }

        let directory = configuration.workingDirectory ?? image.workingDirectory ?? "/"
        guard directory.hasPrefix("/"), let workingDirectory = BytePath(parsing: directory.utf8) else {
            throw EngineError.refused("run", subject: directory, reason: "a working directory is an absolute path")
        }
        let process = Specification.Process(
            arguments: command.map { ByteName($0) }, environment: environment.variables.map { ByteName($0) },
            workingDirectory: workingDirectory,
            user: Specification.User(uid: user.uid, gid: user.gid, additionalGroups: user.additionalGroups),
            hasTerminal: configuration.hasTerminal, consoleSize: try console.console.size(),
            capabilities: Self.capabilities(uid: user.uid))
        let hierarchy = try ControlGroup.hierarchy()
        var specification = Specification.standard(
            process: process,
            root: Specification.Root(path: "rootfs", isReadOnly: configuration.isReadOnly), hostname: hostname,
            hostNetwork: configuration.network == .host,
            cgroupsPath: hierarchy.map { _ in Self.controlGroupPath(of: container.id) },
            hasControlGroups: hierarchy != nil)
        specification.mounts += try configuration.volumes.map { try Self.mount($0) }
        return specification
    }

    /// Whoever is not root has none, and can get those of the bounding set by a set-user-ID program alone.
    private static func capabilities(uid: UInt32) -> Specification.Capabilities {
        var capabilities = Specification.Capabilities(.standard)
        if uid != 0 { (capabilities.effective, capabilities.permitted) = ([], []) }
        return capabilities
    }

    private static func mount(_ volume: ContainerConfiguration.Volume) throws -> Specification.Mount {
        guard volume.destination.hasPrefix("/"), let destination = BytePath(parsing: volume.destination.utf8) else {
            throw EngineError.refused(
                "mount volume", subject: volume.destination, reason: "the place in the container is an absolute path")
        }
        guard !destination.isRoot else {
            throw EngineError.refused("mount volume", subject: "/", reason: "the container's root is its own")
        }
        guard try Files.exists(KernelPath(volume.source)) else {
            throw EngineError.refused(
                "mount volume", subject: volume.source, reason: "the host has no such file or directory")
        }
        return Specification.Mount(
            "bind", at: destination, source: ByteName(volume.source),
            options: ["rbind", "rprivate", volume.isReadOnly ? "ro" : "rw"])
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
