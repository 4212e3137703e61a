import ArgumentParser
import Engine

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Make all processes of containers stand still.",
        discussion: "Example:\n  varve pause work")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "pause")
        try chosen.each { try chosen.repository.pause($0) }
    }
}
