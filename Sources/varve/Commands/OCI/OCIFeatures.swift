import ArgumentParser
import Model
import OCIRuntime

struct OCIFeatures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features", abstract: "Print what this runtime implements, as JSON.",
        discussion: "Example:\n  varve oci features")

    @OptionGroup var options: OCIOptions

    func run() throws { OCIOutput.line(Features.json(version: Version.current).pretty()) }
}
