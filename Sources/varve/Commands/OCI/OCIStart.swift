import ArgumentParser
import OCIRuntime

struct OCIStart: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Execute the program of a container that was created.",
        discussion: "Example:\n  varve oci start web")

    @OptionGroup var options: OCIOptions
    @Argument(help: "The container's id.") var id: String

    func run() throws { try options.containers.start(try ContainerID(id), warned: options.warn) }
}
