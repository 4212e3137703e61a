import ArgumentParser
import Engine

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change what containers may use, and when they are started again, at once and at every later start.",
        discussion: """
            What is not given stays as it is.

            Examples:
              varve update --pids-limit 200 work
              varve update --restart on-failure:3 work
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var limits: LimitFlags
    @Option(help: "When to start it again: no, on-failure[:N], always or unless-stopped.") var restart: String?
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        guard !limits.isEmpty || restart != nil else {
            throw UsageError("update: name at least one limit, or --restart", hints: ["varve update --help"])
        }
        let policy = try restart.map { try LifecycleFlags.policy($0, "update: --restart") }
        let chosen = try ChosenContainers(containers, options, of: "update")
        try chosen.each { container in
            try chosen.repository.update(
                container, restart: policy, limits.isEmpty ? nil : { try limits.apply(to: &$0.limits) })
        }
    }
}
