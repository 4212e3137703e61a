import ArgumentParser
import Engine
import Glibc
import Runtime

struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a further command in a running container.",
        discussion: """
            Exits as the command did; 125 where varve failed, 126 where the command can't be executed, 127 where it is \
            not there. The command ends with varve, unless it is detached or has a terminal, which hangs up then. There ctrl-p ctrl-q leave it alone.

            Examples:
              varve exec work ls -l /
              varve exec -it work bash
            """
    ).parsedAtOnce

    @OptionGroup var options: GlobalOptions
    @Flag(name: [.customShort("i"), .customLong("interactive")], help: "Let the command read standard input.")
    var isInteractive = false
    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the command a terminal.") var hasTerminal = false
    @Flag(
        name: [.customShort("d"), .customLong("detach")],
        help: "Leave the command alone, with -t in a terminal that nobody looks at.") var isDetached = false
    @Option(name: .joined("e"), help: "Set a variable: NAME=value, or NAME for this process's own.") var env: [String] =
        []
    @Option(help: "Variables from a file, NAME=VALUE or NAME a line; -e goes before.") var envFile: [String] = []
    @Option(name: .joined("u"), help: "The user: name or uid, and after a colon group or gid.") var user: String?
    @Option(name: .joined("w"), help: "The working directory (default: the container's).") var workdir: String?
    @Flag(help: "Give the command all capabilities, and no filter of system calls.") var privileged = false
    @Option(help: "The keys that leave the command and its terminal alone (default: ctrl-p,ctrl-q); empty for none.")
    var detachKeys: String?
    @Argument(help: "The container.") var container: String
    @Argument(parsing: .captureForPassthrough, help: "The command.") var command: [String]

    func run() throws {
        try ContainerFailure.exiting {
            guard !command.isEmpty else { throw UsageError("exec: \(container): no command was given") }
            if hasTerminal, isInteractive, !isDetached, isatty(STDIN_FILENO) == 0 {
                throw UsageError("exec: -t: standard input is no terminal", hints: ["leave -t out where there is none"])
            }
            var request = ExecRequest(command: command)
            if hasTerminal, isInteractive, !isDetached { request.detachKeys = DetachKeys.standard }
            if let detachKeys { request.detachKeys = try AttachFlags.keys(detachKeys, of: "exec") }
            request.environment =
                try ProcessFlags.variables(of: envFile) + env.compactMap { try VariableWord.parse($0) }
            (request.user, request.workingDirectory) = (user, workdir)
            (request.hasTerminal, request.isPrivileged, request.isDetached) = (hasTerminal, privileged, isDetached)
            let repository = try options.repository()
            return try repository.exec(
                request, in: try repository.container(container), console: RunConsole(isInteractive: isInteractive))
        }
    }
}
