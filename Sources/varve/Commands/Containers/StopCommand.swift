import ArgumentParser
import Engine

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Ask containers to end, and kill those that do not.",
        discussion: "It prints the names of those that do not run any more.\n\nExample:\n  varve stop -t 1 work")

    @OptionGroup var options: GlobalOptions
    @Option(
        name: [.customShort("t", allowingJoined: true), .customLong("time"), .customLong("timeout")],
        parsing: .unconditional,
        help: "Seconds to KILL; -1 for no KILL (default: the container's own, or 10).") var time: Int64?
    @Option(name: .joined("s"), help: "The signal that asks them to end.") var signal: String?
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "stop")
        let seconds = try time.map { try LifecycleFlags.timeout($0, "stop: -t") }
        let signal = try signal.map { try LifecycleFlags.signal($0, "stop: -s") }
        try chosen.tell(chosen.repository.stop(chosen.all, timeout: seconds, signal: signal))
    }
}
