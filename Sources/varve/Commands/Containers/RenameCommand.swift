import ArgumentParser
import Engine

struct RenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a container another name.",
        discussion: "Example:\n  varve rename work kept")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The container.") var container: String
    @Argument(help: "Its name from now on.") var name: String

    func run() throws {
        let repository = try options.repository()
        try repository.rename(try repository.container(container), to: name)
    }
}
