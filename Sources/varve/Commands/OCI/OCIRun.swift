import ArgumentParser
import OCIRuntime
import Runtime

struct OCIRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Create a container, start it, and stay until it ends.",
        discussion: "Exits as the program did.\n\nExample:\n  varve oci run --bundle bundle web")

    @OptionGroup var options: OCIOptions
    @OptionGroup var bundle: OCIBundleOptions
    @Flag(name: .shortAndLong, help: "Return when it has started.") var detach = false
    @Flag(help: "Leave the container there when it has ended.") var keep = false
    @Flag(
        name: .customLong("no-subreaper"), help: "Reap no processes that the container leaves; none are reaped anyway.")
    var noSubreaper = false

    func run() throws {
        let containers = options.containers
        let request = try bundle.request(options)
        if detach { return try containers.runDetached(request) }
        throw Exit(try containers.run(request, isKept: keep, console: Console()))
    }
}
