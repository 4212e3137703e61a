import Glibc
import Linux
import Model
import Runtime

/// What is asked for of a container that is to run on its own.
public struct SupervisedStart {
    /// Who is attached from the first byte on, borrowed; nil for nobody.
    public var client: Int32?
    public var wishes: AttachWishes = []
    /// Whether the container's input ends with that client's.
    public var endsInput = false
    /// Whose size the container's terminal has at first.
    public var console = Console(input: nil, output: STDOUT_FILENO)
    /// Told when the container runs: ``ready`` in it, and closed.
    public var report: Int32?
    /// The variables that the supervisor has, and whatever it starts: `NAME=value`.
    public var environment: [String] = []
    public var isLasting = true
    public var notice: (String) -> Void = { _ in }

    public init() {}
}

/// What a process that starts a container tells on its pipe.
public enum StartReport {
    /// The container runs.
    public static let started = UInt8(ascii: "1")
    /// It does not any more, since nothing could be put in charge of it.
    public static let abandoned = UInt8(ascii: "F")
}

/// The numbers of descriptors that varve-supervisor is started with, and varve by it (Sources/Supervisor/supervisor.h).
enum SupervisorDescriptor: Int32 {
    case varve = 3
    case directory, running, process
    /// In a varve that the supervisor has started: the supervisor's own file.
    case input
    case output, errors, terminal, client
}

/// The executable file `varve-supervisor`.
enum SupervisorProgram {
    /// The one beside this varve.
    static func find() throws -> Executable {
        var own = String(decoding: try Files.readLink("/proc/self/exe"), as: UTF8.self)
        // What the kernel says of a file that was replaced meanwhile.
        if own.hasSuffix(" (deleted)") { own.removeLast(10) }
        let path = own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex) + "varve-supervisor"
        do throws(SystemError) { return try Executable(String(path)) } catch {
            throw EngineError.noSupervisor(String(path), reason: error.cause)
        }
    }
}

extension Repository {
    /// Starts the container's command in this process, and then is its supervisor: to be called in a process of its own.
    /// - Throws: where the command does not run.
    public func becomeSupervisor(of container: Container, _ request: SupervisedStart) throws -> Never {
        let program = try SupervisorProgram.find()
        let running = try claimRunning(container)
        try settle(container, holding: running)
        throw try become(program, of: container, request, holding: running, isAgain: false)
    }

    /// - Parameters:
    ///   - running: of ``claimRunning(_:)``.
    ///   - isAgain: whether the restart policy asks for it.
    /// - Returns: only where the command was started and has no supervisor: it ends with this process.
    func become(
        _ program: borrowing Executable, of container: Container, _ request: SupervisedStart,
        holding running: borrowing FileLock, isAgain: Bool
    ) throws -> SystemError {
        let varve = try Executable.own()
        let directory = try Files.openDirectory(KernelPath(files(of: container.id).directory))
        try RunRecord.prepare(try state(of: container).life.run + 1, in: running)
        try resetHealth(of: container)
        let streams = try SupervisedStreams(container.configuration)
        var start = ContainerStart(container: container, isLasting: request.isLasting, notice: request.notice)
        start.isAgain = isAgain
        start.streams = streams
        let process = try launch(start, console: RunConsole(console: request.console, streams: streams.inner)) {}
        let run = try state(of: container).life.run
        let released = try process.release()
        let ends = streams.outer(released.terminalDescriptors)
        if let report = request.report { try Self.tell(StartReport.started, report) }
        let given =
            [varve.descriptor, directory.raw, running.raw, released.process.descriptor.raw] + ends
            + [request.client ?? -1]
        let words = try supervisorWords(of: container, run: run, request)
        let failure = program.become(
            ["varve-supervisor", "watch"] + words, environment: request.environment, given: given)
        if let report = request.report { try Self.tell(StartReport.abandoned, report) }
        return failure
    }

    private static func tell(_ byte: UInt8, _ pipe: Int32) throws(SystemError) {
        var byte = byte
        try system("report", "start") { Glibc.write(pipe, &byte, 1) }
    }
}

extension Repository {
    /// The words that tell the supervisor what it needs to know.
    func supervisorWords(of container: Container, run: UInt64, _ request: SupervisedStart) throws -> [String] {
        let configuration = container.configuration
        let lifecycle = configuration.lifecycle
        func flag(_ value: Bool) -> String { value ? "1" : "0" }
        return [
            "root=\(try absoluteRoot())", "id=\(container.id)", "run=\(run)",
            "terminal=\(flag(configuration.hasTerminal))",
            "ends-input=\(flag(request.endsInput))", "log=\(flag(lifecycle.log.isKept))",
            "log-size=\(lifecycle.log.maximumSize ?? 0)", "log-files=\(lifecycle.log.maximumFiles)",
            "stop-signal=\(stopSignal(of: container))",
            "stop-timeout=\(lifecycle.stopTimeout < 0 ? -1 : lifecycle.stopTimeout * 1000)",
            "check-interval=\(lifecycle.health.hasCheck ? max(lifecycle.health.effectiveInterval / 1_000_000, 1) : 0)",
            "wishes=\(request.wishes.rawValue)",
        ]
    }

    /// The repository's directory from wherever it is looked at: a supervisor holds no directory of its caller's.
    func absoluteRoot() throws -> String {
        if root.hasPrefix("/") { return root }
        return "\(String(decoding: try Files.readLink("/proc/self/cwd"), as: UTF8.self))/\(root)"
    }

    /// The signal that asks the container to end.
    func stopSignal(of container: Container) -> Int32 {
        container.configuration.stopSignal.flatMap(SignalName.number(of:)) ?? SIGTERM
    }
}
