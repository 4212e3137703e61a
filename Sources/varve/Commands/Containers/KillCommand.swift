import ArgumentParser
import Engine

struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Send running containers a signal.",
        discussion: "Example:\n  varve kill -s HUP work")

    @OptionGroup var options: GlobalOptions
    @Option(name: .joined("s"), help: "The signal, by name or number.") var signal: String = "KILL"
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "kill")
        let number = try LifecycleFlags.signal(signal, "kill: -s")
        try chosen.each { try chosen.repository.kill($0, signal: number) }
    }
}
