import ArgumentParser
import Engine

struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until containers have ended, and print their exit codes.",
        discussion: "Example:\n  varve wait work")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "wait")
        let output = Output(options)
        for container in chosen.all { output.line("\(try chosen.repository.wait(for: container))") }
        output.finish()
    }
}
