import ArgumentParser
import Linux
import Model
import OCIRuntime

struct OCIProcesses: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List a container's processes.",
        discussion: """
            The table is that of ps(1), which takes the words behind the id.

            Example:
              varve oci ps --format json web
            """)

    @OptionGroup var options: OCIOptions
    @Option(name: .shortAndLong, help: "table or json.") var format: OCIFormat = .table
    @Argument(help: "The container's id.") var id: String
    @Argument(parsing: .captureForPassthrough, help: "What ps(1) is told (default: -ef).") var words: [String] = []

    func run() throws {
        let pids = try options.containers.processes(of: try ContainerID(id))
        if format == .json { return OCIOutput.line("\(JSON.array(pids.map { .integer($0) }))") }
        let lines = try table()
        guard let header = lines.first,
            let column = header.split(separator: " ").firstIndex(of: "PID")
        else { throw UsageError("ps: \(words.joined(separator: " ")): its table has no column PID") }
        OCIOutput.line(String(header))
        for line in lines.dropFirst() {
            let fields = line.split(separator: " ")
            if fields.count > column, let pid = Int32(fields[column]), pids.contains(pid) {
                OCIOutput.line(String(line))
            }
        }
    }

    private func table() throws -> [Substring] {
        let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C"]
        let path = try Files.exists("/usr/bin/ps") ? "/usr/bin/ps" : "/bin/ps"
        let program = Program(path, arguments: ["ps"] + (words.isEmpty ? ["-ef"] : words), environment: environment)
        let outcome = try program.run(within: 60_000, limit: 64 << 20)
        guard outcome.status == 0 else {
            throw OCIError(
                .failed, "run", path,
                String(decoding: outcome.errors, as: UTF8.self).split(separator: "\n").joined(separator: " "))
        }
        return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
    }
}
