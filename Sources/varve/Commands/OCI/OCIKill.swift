import ArgumentParser
import Linux
import OCIRuntime

struct OCIKill: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Send a signal to a container's first process.",
        discussion: "Example:\n  varve oci kill web KILL")

    @OptionGroup var options: OCIOptions
    @Flag(name: .shortAndLong, help: "To all of its processes.") var all = false
    @Argument(help: "The container's id.") var id: String
    @Argument(help: "The signal: TERM, SIGTERM, 15.") var signal: String = "TERM"

    func run() throws {
        guard let number = SignalName.number(of: signal) else { throw UsageError("kill: unknown signal \"\(signal)\"") }
        try options.containers.kill(try ContainerID(id), signal: number, all: all)
    }
}
