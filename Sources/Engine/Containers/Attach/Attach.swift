import Glibc
import Linux
import Model
import Runtime

/// The signals that a client of a container gives on to it. Blocked from the moment the value is made: make it before the
/// container is started, and no signal is lost between.
public struct AttachSignals: ~Copyable {
    let queue: SignalQueue

    // Those that ask a program for something. The ones for job control and for errors keep their meaning here; SIGPIPE is held
    // back so that a closed output is no end.
    public static func hold() throws -> AttachSignals {
        AttachSignals(
            queue: try SignalQueue.open([
                SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCONT, SIGWINCH, SIGPIPE,
            ]))
    }
}

extension Repository {
    /// Stays with a running container: shows what it writes and gives it what is typed.
    public func attach(
        to container: Container, _ options: AttachOptions, _ signals: borrowing AttachSignals
    ) throws -> AttachOutcome {
        try settle(container)
        guard try state(of: container).status.isAlive else { throw EngineError.containerNotRunning(container.name) }
        let directory = try Files.openDirectory(KernelPath(files(of: container.id).directory))
        let socket: MessageSocket
        do throws(SystemError) { socket = try MessageSocket.connect(to: "attach", in: directory) } catch {
            throw EngineError.refused(
                "attach", subject: container.name,
                reason: "it runs in the foreground of another command, or has just ended (\(error.cause))")
        }
        var wishes: AttachWishes = [.output, .errors]
        if options.console.input != nil, container.configuration.isInteractive { wishes.insert(.input) }
        try socket.send(AttachMessage.FromClient.hello(wishes).bytes)
        record(.attach, of: container)
        var options = options
        if !wishes.contains(.input) { options.console.input = nil }
        return try stay(with: container, socket, options, signals)
    }

    /// - Parameters:
    ///   - socket: connected to the container's supervisor, which knows what this client wants.
    ///   - first: a signal that has come before; 0 for none.
    public func stay(
        with container: Container, _ socket: consuming MessageSocket, _ options: AttachOptions,
        _ signals: borrowing AttachSignals, first: Int32 = 0
    ) throws -> AttachOutcome {
        if first != 0 {
            guard options.passesSignals else { return .interrupted(first) }
            try socket.send(AttachMessage.FromClient.signal(first).bytes)
        }
        var session = AttachSession(socket, options, hasTerminal: container.configuration.hasTerminal)
        let outcome = try session.run(signals.queue)
        switch outcome {
        case .detached, .interrupted: record(.detach, of: container)
        // A supervisor that was killed put nothing on record.
        case .lost: try settle(container)
        case .refused:
            record(.detach, of: container)
            throw EngineError.refused(
                "attach", subject: container.name, reason: "as many clients as there can be (32) are attached to it")
        case .exited: break
        }
        return outcome
    }
}
