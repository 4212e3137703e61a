import ArgumentParser
import Linux
import Model
import OCIRuntime
import Runtime

struct OCIExec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a further process in a container.",
        discussion: """
            Exits as the process did; 255 where it can't be run.

            Example:
              varve oci exec web ls /
            """)

    @OptionGroup var options: OCIOptions
    @Option(name: .customLong("console-socket"), help: "A UNIX socket that is sent the terminal's outer side.")
    var consoleSocket: String?
    @Option(name: .customLong("pid-file"), help: "A file to write the pid to.") var pidFile: String?
    @Option(name: .customLong("preserve-fds"), help: "How many descriptors from 3 on are handed over, too.")
    var preserved: Int = 0
    @Flag(name: .shortAndLong, help: "Return when it has been started.") var detach = false
    @Flag(name: .customLong("ignore-paused"), help: "In a paused container too; it goes on with that.")
    var ignoresPause = false
    @OptionGroup var process: OCIProcessOptions
    @Argument(help: "The container's id.") var id: String
    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.") var command: [String] = []

    func run() throws {
        let id = try ContainerID(id)
        let containers = options.containers
        let asked = try process.process(command, like: { try containers.process(of: id) })
        var request = ExecRequest(id: id, process: asked)
        request.isDetached = detach
        request.consoleSocket = consoleSocket
        request.pidFile = pidFile
        request.passed = try OCIBundleOptions.passed(preserved)
        request.ignoresPause = ignoresPause
        request.warned = options.warn
        if let code = try containers.exec(request, console: Console()) { throw Exit(code) }
    }
}
