import ArgumentParser
import Engine

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Stay with a running container: show what it writes, and type to it.",
        discussion: """
            It exits as the container's command does. In a terminal ctrl-p ctrl-q leave the container to itself.

            Example:
              varve attach --no-stdin work
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var attach: AttachFlags
    @Flag(name: .customLong("no-stdin"), help: "Type nothing to it.") var isSilent = false
    @Argument(help: "The container.") var container: String

    func run() throws {
        try ContainerFailure.exiting {
            let repository = try options.repository()
            let container = try repository.container(container)
            let options = try attach.options(isInteractive: !isSilent, of: "attach")
            return try Detachment(repository: repository, options: self.options).attach(to: container, options)
        }
    }
}
