import ArgumentParser
import Engine

struct UnpauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause", abstract: "Let paused containers go on.", discussion: "Example:\n  varve unpause work")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "unpause")
        try chosen.each { try chosen.repository.unpause($0) }
    }
}
