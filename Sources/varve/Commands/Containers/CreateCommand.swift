import ArgumentParser
import Engine
import Model

struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a container on a commit, and do not start it yet.",
        discussion: "It prints the container's id.\n\nExample:\n  varve create --name later debian:12 sleep 1")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var flags: ContainerFlags
    @Flag(name: .customLong("rm"), help: "Remove the container when its command has ended.") var isRemoved = false
    @Option(help: "The container's name (default: made up).") var name: String?
    @Option(name: .customLong("cidfile"), help: "Write the container's id to this new file.") var idFile: String?
    @Argument(help: "The commit: debian:12, debian:12~1, 3f2a9c1.") var revision: String
    @Argument(parsing: .captureForPassthrough, help: "The command (default: the image's own).") var command: [String] =
        []

    func run() throws {
        let repository = try options.repository()
        var configuration = try flags.configuration(command: command, readsTerminal: false)
        configuration.lifecycle.isRemovedAtEnd = isRemoved
        if isRemoved, configuration.lifecycle.restart != .no {
            throw UsageError("create: --rm: a container that is started again by --restart can't be removed")
        }
        let file = try idFile.map { try IDFile($0) }
        let container = try repository.createContainer(
            on: try Revision(parsing: revision), name: name, configuration: configuration, isLasting: true)
        try file?.write(container.id)
        let output = Output(options)
        output.line(container.id)
        output.finish()
    }
}
