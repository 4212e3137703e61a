import ArgumentParser
import Model
import OCIRuntime

struct OCIState: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Print a container's state as JSON.",
        discussion: "Example:\n  varve oci state web")

    @OptionGroup var options: OCIOptions
    @Argument(help: "The container's id.") var id: String

    func run() throws { OCIOutput.line(try options.containers.state(of: try ContainerID(id)).json.pretty()) }
}
