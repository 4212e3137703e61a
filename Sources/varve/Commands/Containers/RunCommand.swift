import ArgumentParser
import Engine
import Model

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a new container on a commit.",
        discussion: """
            Exits as the command did; 125 where varve failed, 126 where the command can't be executed, 127 where it is \
            not there.

            Examples:
              varve run -it --name work debian:12 bash
              varve run --rm debian:12~1 cat /etc/os-release
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var flags: ContainerFlags
    @Flag(name: .customLong("rm"), help: "Remove the container when the command ends.") var isRemoved = false
    @Option(help: "The container's name (default: made up).") var name: String?
    @Argument(help: "The commit: debian:12, debian:12~1, 3f2a9c1.") var revision: String
    @Argument(parsing: .captureForPassthrough, help: "The command (default: the image's own).") var command: [String] =
        []

    func run() throws {
        try ContainerFailure.exiting {
            try Interruption.arm()
            let repository = try options.repository()
            let revision = try Revision(parsing: revision)
            let container = try repository.createContainer(
                on: revision, name: name, configuration: try flags.configuration(command: command),
                isLasting: !isRemoved)
            // A container whose command never started is of no use, and would keep the name.
            var isKept = false
            defer {
                if !isKept { ContainerFailure.report { try repository.remove(container) } }
            }
            let code = try repository.run(
                container, console: RunConsole(isInteractive: flags.isInteractive), isLasting: !isRemoved,
                notice: { options.warn($0) })
            isKept = !isRemoved
            return code
        }
    }
}
