import ArgumentParser
import Engine

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Run a container's command again, on the files that it left.",
        discussion: "Example:\n  varve start -a work")

    @OptionGroup var options: GlobalOptions
    @Flag(name: [.customShort("a"), .customLong("attach")], help: "Stay with the command and exit as it does.")
    var isAttached = false
    @Flag(name: [.customShort("i"), .customLong("interactive")], help: "Let the command read standard input.")
    var isInteractive = false
    @Argument(help: "The container.") var container: String

    func run() throws {
        guard isAttached else {
            throw UsageError(
                "start: \(container): it runs only in the foreground so far", hints: ["varve start -a \(container)"])
        }
        try ContainerFailure.exiting {
            try Interruption.arm()
            let repository = try options.repository()
            let container = try repository.container(container)
            let console = RunConsole(isInteractive: isInteractive || container.configuration.isInteractive)
            return try repository.run(container, console: console, isLasting: true, notice: { options.warn($0) })
        }
    }
}
