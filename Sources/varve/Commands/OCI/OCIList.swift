import ArgumentParser
import Model
import OCIRuntime

struct OCIList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List containers.", discussion: "Example:\n  varve oci list --format json")

    @OptionGroup var options: OCIOptions
    @Option(name: .shortAndLong, help: "table or json.") var format: OCIFormat = .table
    @Flag(name: .shortAndLong, help: "Only the ids.") var quiet = false

    func run() throws {
        let containers = options.containers
        let listed = try containers.list(warned: options.warn)
        if quiet { return listed.forEach { OCIOutput.line($0.state.id.text) } }
        switch format {
        case .json: OCIOutput.line("\(JSON.array(listed.map(\.json)))")
        case .table:
            var table = Table(["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"])
            for container in listed {
                let state = container.state
                table.add([
                    state.id.text, "\(state.pid)", state.status.rawValue, Escaping.displayed(Array(state.bundle.utf8)),
                    state.created.rfc3339 ?? "", container.owner,
                ])
            }
            let output = Output(GlobalOptions())
            table.print(to: output)
            output.finish()
        }
    }
}

enum OCIFormat: String, ExpressibleByArgument {
    case table, json
}
