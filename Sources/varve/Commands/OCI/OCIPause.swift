import ArgumentParser
import OCIRuntime

struct OCIPause: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stop all processes of a container where they are.",
        discussion: "Example:\n  varve oci pause web")

    @OptionGroup var options: OCIOptions
    @Argument(help: "The container's id.") var id: String

    func run() throws { try options.containers.pause(try ContainerID(id)) }
}

struct OCIResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let the processes of a paused container go on.",
        discussion: "Example:\n  varve oci resume web")

    @OptionGroup var options: OCIOptions
    @Argument(help: "The container's id.") var id: String

    func run() throws { try options.containers.resume(try ContainerID(id)) }
}
