import ArgumentParser
import OCIRuntime

struct OCICreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a container, whose program waits for 'start'.",
        discussion: "Example:\n  varve oci create --bundle bundle web")

    @OptionGroup var options: OCIOptions
    @OptionGroup var bundle: OCIBundleOptions

    func run() throws { try options.containers.create(try bundle.request(options)) }
}
