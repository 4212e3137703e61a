import ArgumentParser
import Engine

struct RmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove containers with their uncommitted changes.",
        discussion: """
            Volumes that no name was given for stay, as volumes with names of 64 digits, unless -v is given.

            Example:
              varve rm -v work
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Also those that run: they are killed first.") var force = false
    @Flag(name: [.customShort("v"), .customLong("volumes")], help: "With the volumes of its own.")
    var withVolumes = false
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let repository = try options.repository()
        guard !containers.isEmpty else { throw UsageError("rm: name at least one container") }
        // All names are looked up before anything is removed.
        var (seen, code): (Set<String>, Int32) = ([], 0)
        let found = try containers.map { try repository.containerToRemove($0) }
        for container in found where seen.insert(container.id).inserted {
            do {
                if force {
                    try repository.removeByForce(container, keepingVolumes: !withVolumes)
                } else {
                    try repository.removeStopped(container, keepingVolumes: !withVolumes)
                }
                options.say("removed \(container.name)")
            } catch { code = max(code, Report.tell(error)) }
        }
        if code != 0 { throw Exit(code) }
    }
}
