import ArgumentParser
import Glibc
import OCIRuntime

struct OCIEvents: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Print what a container uses, a JSON document a line, until it stops.",
        discussion: "Example:\n  varve oci events --stats web")

    @OptionGroup var options: OCIOptions
    @Option(help: "How often: 5s, 500ms, 1m30s.") var interval: OCIDuration = OCIDuration(milliseconds: 5000)
    @Flag(help: "Print it once.") var stats = false
    @Argument(help: "The container's id.") var id: String

    func run() throws {
        let (id, containers) = (try ContainerID(id), options.containers)
        if stats { return OCIOutput.line("\(try containers.statistics(of: id))") }
        try containers.events(of: id, every: interval.milliseconds) { OCIOutput.line("\($0)") }
    }
}

/// A length of time as Go writes it: `1h2m3s`, `1.5s`, `100ms`. More than nothing.
struct OCIDuration: ExpressibleByArgument {
    var milliseconds: Int

    init(milliseconds: Int) { self.milliseconds = milliseconds }

    init?(argument: String) {
        var total = 0.0
        var rest = argument[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = rest.dropFirst(digits.count).prefix { !($0.isNumber || $0 == ".") }
            guard let number = Double(digits), let factor = Self.units[String(unit)] else { return nil }
            total += number * factor
            rest = rest.dropFirst(digits.count + unit.count)
        }
        guard total >= 1, total < 1e15 else { return nil }
        milliseconds = Int(total)
    }

    private static let units = ["ms": 1.0, "s": 1000, "m": 60_000, "h": 3_600_000]
    var defaultValueDescription: String { "5s" }
}
