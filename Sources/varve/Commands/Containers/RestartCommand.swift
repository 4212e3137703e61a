import ArgumentParser
import Engine

struct RestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Stop containers and start them again.",
        discussion: "Example:\n  varve restart -t 1 work")

    @OptionGroup var options: GlobalOptions
    @Option(
        name: [.customShort("t", allowingJoined: true), .customLong("time"), .customLong("timeout")],
        parsing: .unconditional,
        help: "Seconds to KILL; -1 for no KILL (default: the container's own, or 10).") var time: Int64?
    @Option(name: .joined("s"), help: "The signal that asks them to end.") var signal: String?
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "restart")
        let detachment = Detachment(repository: chosen.repository, options: options)
        let seconds = try time.map { try LifecycleFlags.timeout($0, "restart: -t") }
        let signal = try signal.map { try LifecycleFlags.signal($0, "restart: -s") }
        try Detachment.undisturbed {
            var failures = chosen.repository.stop(chosen.all, timeout: seconds, signal: signal)
            for container in chosen.all where !failures.contains(where: { $0.0.id == container.id }) {
                do {
                    try detachment.start(container)
                    chosen.repository.record(.restart, of: container)
                } catch { failures.append((container, error)) }
            }
            try chosen.tell(failures)
        }
    }
}
