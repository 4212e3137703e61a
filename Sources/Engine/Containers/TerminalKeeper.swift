import Linux
import Runtime

/// Keeps the terminal of a command that was left alone: a small program that reads what is written to it, so that the command does
/// not wait for room and its terminal does not hang up, until the command ends (Sources/Supervisor/drain.c).
final class TerminalKeeper {
    private let program: Executable

    /// - Throws: where there is no such program.
    init() throws { program = try SupervisorProgram.find() }

    /// Hands the terminal over.
    func keep(_ process: borrowing ReleasedProcess) throws(SystemError) {
        switch process.terminal {
        case .some(let terminal):
            let given = [process.process.descriptor.raw, terminal.outer.raw, terminal.inner.raw]
            try program.start(["varve-supervisor", "drain"], environment: [], given: given)
        case .none: return
        }
    }
}
