import ArgumentParser
import Engine
import Glibc

/// What varve-supervisor executes; nothing for people.
struct SuperviseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervise", abstract: "Go on with a container that has a supervisor.", shouldDisplay: false)

    @OptionGroup var options: GlobalOptions
    @Argument(help: "end, start, stop or check.") var verb: String
    @Argument(help: "The container's id.") var id: String
    @Argument(help: "What the supervisor knows.") var details: [String] = []

    func run() throws {
        let repository = try options.repository()
        switch verb {
        case "end":
            guard details.count >= 2, let code = Int32(details[0]), let signal = Int32(details[1]) else {
                throw UsageError("supervise: end: it takes an exit code and a signal")
            }
            try repository.superviseEnd(
                of: id, code: code, signal: signal, isStopping: details.count > 2, environment: Detachment.environment)
        case "start": try repository.superviseStart(of: id, environment: Detachment.environment)
        case "stop": try repository.superviseStop(of: id)
        case "check": try repository.superviseCheck(of: id) { check($0, $1, writingTo: $2, in: repository) }
        default: throw UsageError("supervise: \(verb): it takes end, start, stop or check")
        }
    }

    /// Runs the command of a health check to its end.
    private func check(
        _ container: Container, _ command: [String], writingTo output: Int32, in repository: Repository
    ) -> Never {
        do {
            Glibc.exit(
                try repository.exec(
                    ExecRequest(command: command), in: container, console: RunConsole(writingTo: output)))
        } catch {
            // What went wrong is the check's output.
            dup2(output, STDERR_FILENO)
            Report.exit(for: error, as: 125)
        }
    }
}
