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

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change what containers may use, at once and at every later start.",
        discussion: "What is not given stays as it is.\n\nExample:\n  varve update --pids-limit 200 work")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var limits: LimitFlags
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        guard !limits.isEmpty else {
            throw UsageError("update: name at least one limit", hints: ["varve update --help"])
        }
        let chosen = try ChosenContainers(containers, options, of: "update")
        try chosen.each { container in
            try chosen.repository.update(container) { try limits.apply(to: &$0.limits) }
        }
    }
}
