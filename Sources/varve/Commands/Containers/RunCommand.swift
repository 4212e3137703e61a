import ArgumentParser
import Engine
import Model

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a new container on a commit.",
        discussion: """
            Exits as the command did; 125 where varve failed, 126 where the command can't be executed, 127 where it is \
            not there. With -d it prints the container's id and leaves it running.

            Examples:
              varve run -it --name work debian:12 bash
              varve run --rm debian:12~1 cat /etc/os-release
              varve run -d --rm --restart no debian:12 sleep 1
            """
    ).parsedAtOnce

    @OptionGroup var options: GlobalOptions
    @OptionGroup var flags: ContainerFlags
    @OptionGroup var attach: AttachFlags
    @Flag(name: .shortAndLong, help: "Leave it running and print its id.") var detach = false
    @Flag(name: .customLong("rm"), help: "Remove the container when the command ends.") var isRemoved = false
    @Option(help: "The container's name (default: made up).") var name: String?
    @Option(name: .customLong("cidfile"), help: "Write the container's id to this new file.") var idFile: String?
    @Argument(help: "The commit: debian:12, debian:12~1, 3f2a9c1.") var revision: String
    @Argument(parsing: .captureForPassthrough, help: "The command (default: the image's own).") var command: [String] =
        []

    func run() throws {
        try ContainerFailure.exiting {
            try Interruption.arm()
            let repository = try options.repository()
            var configuration = try flags.configuration(command: command, readsTerminal: !detach)
            configuration.lifecycle.isRemovedAtEnd = isRemoved
            if isRemoved, configuration.lifecycle.restart != .no {
                throw UsageError("run: --rm: a container that is started again by --restart can't be removed")
            }
            let attach = try attach.options(isInteractive: flags.isInteractive, of: "run")
            let file = try idFile.map { try IDFile($0) }
            let container = try repository.createContainer(
                on: try Revision(parsing: revision), name: name, configuration: configuration, isLasting: !isRemoved)
            // A container whose command never started is of no use, and would keep the name.
            var isKept = false
            defer {
                if !isKept { ContainerFailure.report { try repository.removeIfPresent(container) } }
            }
            try file?.write(container.id)
            let detachment = Detachment(repository: repository, options: options)
            if try !detach && repository.canRunTied(container) {
                isKept = true
                return try runTied(container, in: repository)
            }
            guard !detach else {
                try detachment.start(container, isLasting: !isRemoved)
                isKept = true
                let output = Output(options)
                output.line(container.id)
                output.finish()
                return 0
            }
            return try detachment.startAttached(
                container, attach, isLasting: !isRemoved, endsInput: flags.isInteractive, started: { isKept = true })
        }
    }

    private func runTied(_ container: Container, in repository: Repository) throws -> Int32 {
        try repository.run(
            container, console: RunConsole(isInteractive: flags.isInteractive), isLasting: false,
            notice: { options.warn($0) })
    }
}
