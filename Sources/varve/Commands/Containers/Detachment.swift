import Engine
import Glibc
import Linux
import Runtime

/// Containers that run on their own: started by a process that stays with them, while this one goes on.
struct Detachment {
    let repository: Repository
    let options: GlobalOptions

    /// Starts a container and returns when its command is being executed.
    /// - Throws: `Exit` where the command does not run: what is wrong was said.
    func start(_ container: Container, isLasting: Bool = true) throws {
        var request = SupervisedStart()
        request.isLasting = isLasting
        try start(container, request)
    }

    /// Starts a container and stays with it: the exit code of its command, or 0 where it was left.
    /// - Parameters:
    ///   - endsInput: whether the container's input ends with this process's.
    ///   - started: called when the command is being executed.
    func startAttached(
        _ container: Container, _ attach: AttachOptions, isLasting: Bool, endsInput: Bool,
        started: () -> Void = {}
    ) throws -> Int32 {
        let pair = try MessageSocket.pair()
        var request = SupervisedStart()
        request.client = pair.far.descriptor.raw
        request.wishes = attach.console.input == nil ? [.output, .errors] : [.output, .errors, .input]
        request.endsInput = endsInput
        request.console = attach.console
        request.isLasting = isLasting
        try start(container, request)
        started()
        let signals = try AttachSignals.hold()
        let socket = pair.keepNear()
        // One that came when the container ran already is the container's.
        let early = Interrupts.raised
        Interrupts.disregard()
        return try code(repository.stay(with: container, socket, attach, signals, first: early), of: container)
    }

    /// Does something to a container for which it must not run: one that does is stopped before and started again after it,
    /// whatever came of that.
    func stopping<Result>(_ container: Container, _ body: () throws -> Result) throws -> Result {
        guard try repository.isAlive(container) else { return try body() }
        guard !container.configuration.lifecycle.isRemovedAtEnd else {
            throw EngineError.refused("stop", subject: container.name, reason: "it is removed at its end (--rm)")
        }
        return try Self.undisturbed {
            if let (_, error) = repository.stop([container]).first { throw error }
            let outcome = Swift.Result { try body() }
            try start(container)
            return try outcome.get()
        }
    }

    /// Does what must not be left half done, such as a stop that a start follows. A signal that asks this process to end (INT,
    /// TERM, HUP) is heeded after it, if anything is left to be done; QUIT ends it at once.
    static func undisturbed<Result>(_ body: () throws -> Result) throws -> Result {
        let signals = try SignalQueue.open([SIGINT, SIGTERM, SIGHUP])
        defer { withExtendedLifetime(signals) {} }
        // One that came before keeps it from being begun.
        try Interrupts.check()
        return try body()
    }

    /// Stays with a container that runs.
    func attach(to container: Container, _ attach: AttachOptions) throws -> Int32 {
        try code(repository.attach(to: container, attach, try AttachSignals.hold()), of: container)
    }

    private func code(_ outcome: AttachOutcome, of container: Container) throws -> Int32 {
        switch outcome {
        case .exited(let code): return code
        case .detached: return 0
        case .interrupted(let signal): return 128 + signal
        case .lost, .refused:
            throw EngineError.refused(
                "attach", subject: container.name,
                reason: "what watched the container was killed, and the container with it")
        }
    }

    private func start(_ container: Container, _ request: SupervisedStart) throws {
        let pipe = try PipeEnds()
        // Above all numbers that a supervisor's descriptors get.
        let report = Descriptor(
            owning: try system("duplicate", "pipe") { fcntl(pipe.writing.raw, F_DUPFD_CLOEXEC, 64) })
        var request = request
        request.report = report.raw
        request.environment = Self.environment
        request.notice = { options.warn($0) }
        let process = try ForkedProcess.start {
            do { try repository.becomeSupervisor(of: container, request) } catch { Report.exit(for: error, as: 125) }
        }
        let reading = pipe.keepReading()
        close(report.release())
        let told: [UInt8]
        do throws(SystemError) { told = try reading.readAll(limit: 2) } catch {
            // A signal asks this process to stop, and the container is not wanted any more.
            try process.end()
            throw error
        }
        if told == [StartReport.started] { return }
        let code = try process.wait()
        guard told.isEmpty, code < 128 else {
            throw EngineError.refused("start", subject: container.name, reason: "its supervisor was killed at once")
        }
        throw Exit(code)
    }

    /// What a supervisor, and what it starts, goes by. The rest is nobody's business while the container runs.
    static var environment: [String] {
        var variables: [String] = []
        var entry = environ
        while let pointer = entry.pointee {
            let variable = String(cString: pointer)
            let name = variable.prefix { $0 != "=" }
            if ["PATH", "HOME", "TZ", "LANG", "CNI_PATH", "NETCONFPATH"].contains(name) || name.hasPrefix("VARVE_") {
                variables.append(variable)
            }
            entry += 1
        }
        return variables
    }
}
