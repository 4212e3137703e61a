import ArgumentParser
import Engine
import Glibc
import Linux

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "List a container's processes, with the host's ps.",
        discussion: """
            The numbers are those of the host. Options go to ps, and have to make it print a column PID.

            Examples:
              varve top work
              varve top work -o pid,user,args
            """)

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The container.") var container: String
    @Argument(parsing: .captureForPassthrough, help: "Options of ps (default: -ef).") var psOptions: [String] = []

    func run() throws {
        let repository = try options.repository()
        let container = try repository.container(container)
        let processes = try repository.processes(of: container)
        let lines = try list(processes)
        let titles = lines.first?.split(separator: " ").map(String.init) ?? []
        guard let column = titles.firstIndex(of: "PID") else {
            throw UsageError("top: \(psOptions.joined(separator: " ")): ps prints no column PID with these options")
        }
        var table = Table(titles)
        for line in lines.dropFirst() {
            let cells = line.split(separator: " ", maxSplits: titles.count - 1).map(String.init)
            guard cells.count == titles.count, let pid = Int32(cells[column]), processes.contains(pid) else { continue }
            table.add(cells)
        }
        let output = Output(options)
        table.print(to: output)
        output.finish()
    }

    /// What ps prints of the processes, and perhaps of others: with options that say which ones, these can't be named too.
    private func list(_ processes: Set<Int32>) throws -> [Substring] {
        let arguments = psOptions.isEmpty ? ["-ef"] : psOptions
        let named = arguments + ["-q", processes.sorted().map { "\($0)" }.joined(separator: ",")]
        var outcome = try ps(named)
        if outcome.status != 0 { outcome = try ps(arguments) }
        guard outcome.status == 0 else {
            let errors = String(decoding: outcome.errors, as: UTF8.self).split(separator: "\n")
            throw UsageError("top: ps \(arguments.joined(separator: " ")): \(errors.first ?? "it failed")")
        }
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
    }

    private func ps(_ arguments: [String]) throws -> Program.Outcome {
        for path in ["/usr/bin/ps", "/bin/ps"] where access(path, X_OK) == 0 {
            let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]
            return try Program(path, arguments: ["ps"] + arguments, environment: environment)
                .run(within: 60_000, limit: 64 << 20)
        }
        throw UsageError("top: ps: the host has no such program", hints: ["Debian has it in the package procps"])
    }
}
