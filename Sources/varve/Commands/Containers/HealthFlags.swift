import ArgumentParser
import Engine

/// Docker's flags for how a container's health is found out.
struct HealthFlags: ParsableArguments {
    @Option(
        name: .customLong("health-cmd"),
        help: "What 'sh -c' runs inside: the container is healthy where it exits with 0.")
    var command: String?
    @Option(name: .customLong("health-interval"), help: "The time between two checks: 10s, 1m30s (default: 30s).")
    var interval: String?
    @Option(name: .customLong("health-timeout"), help: "How long one may take (default: 30s).") var timeout: String?
    @Option(name: .customLong("health-start-period"), help: "How long at first failures do not count (default: 0s).")
    var startPeriod: String?
    @Option(name: .customLong("health-retries"), help: "How many failures in a row make it unhealthy (default: 3).")
    var retries: Int64?
    @Flag(name: .customLong("no-healthcheck"), help: "Make no check, whatever the image says.") var isOff = false

    func options() throws -> HealthOptions {
        var options = HealthOptions()
        options.isOff = isOff
        if let command, !command.isEmpty { options.test = ["CMD-SHELL", command] }
        options.interval = try interval.map { try duration($0, "--health-interval") }
        options.timeout = try timeout.map { try duration($0, "--health-timeout") }
        options.startPeriod = try startPeriod.map { try duration($0, "--health-start-period", orNone: true) }
        if let retries {
            guard retries > 0 else { throw UsageError("run: --health-retries \(retries): it takes a number from 1 on") }
            options.retries = retries
        }
        let asks = [command, interval, timeout, startPeriod].contains { $0 != nil } || retries != nil
        if isOff, asks { throw UsageError("run: --no-healthcheck: it goes with no other --health option") }
        return options
    }

    private func duration(_ text: String, _ option: String, orNone: Bool = false) throws -> Int64 {
        guard let nanoseconds = Moment.duration(text).map({ Int64($0) }),
            nanoseconds >= 1_000_000 || (orNone && nanoseconds == 0)
        else { throw UsageError("run: \(option) \(text): it takes a duration from 1ms on, such as 10s or 1m30s") }
        return nanoseconds
    }
}
