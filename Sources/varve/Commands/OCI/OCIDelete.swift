import ArgumentParser
import OCIRuntime

struct OCIDelete: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Take a container that has stopped away.",
        discussion: "Example:\n  varve oci delete --force web")

    @OptionGroup var options: OCIOptions
    @Flag(name: .shortAndLong, help: "Kill it first; none of this id is fine.") var force = false
    @Argument(help: "The container's id.") var id: String

    func run() throws {
        try options.containers.delete(try ContainerID(id), isForced: force, warned: options.warn)
    }
}
