import ArgumentParser
import Engine

struct RmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove containers with their uncommitted changes.",
        discussion: "Example:\n  varve rm work")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Also those that run: they are killed first.") var force = false
    @Flag(name: [.customShort("v"), .customLong("volumes")], help: "With volumes of its own, which go with it anyhow.")
    var withVolumes = false
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let repository = try options.repository()
        guard !containers.isEmpty else { throw UsageError("rm: name at least one container") }
        // All names are looked up before anything is removed.
        var seen: Set<String> = []
        let found = try containers.map { try repository.containerToRemove($0) }
        for container in found where seen.insert(container.id).inserted {
            if force { try repository.removeByForce(container) } else { try repository.removeStopped(container) }
            options.say("removed \(container.name)")
        }
    }
}
