import ArgumentParser
import Engine
import Linux

/// Docker's flags for what becomes of a container.
struct LifecycleFlags: ParsableArguments {
    @Option(help: "When to start it again: no, on-failure[:N], always or unless-stopped.") var restart: String = "no"
    @Option(name: .customLong("stop-signal"), help: "The signal that asks it to end (default: the image's, or TERM).")
    var stopSignal: String?
    @Option(
        name: .customLong("stop-timeout"), parsing: .unconditional,
        help: "Seconds from that signal to KILL; -1 for no KILL (default: 10).")
    var stopTimeout: Int64?
    @Flag(name: .customLong("init"), help: "Run a small first process that waits for what the command leaves.")
    var hasInit = false
    @Option(name: .customLong("log-driver"), help: "Where its output is kept: json-file or none.") var logDriver:
        String = "json-file"
    @Option(
        name: .customLong("log-opt"), help: "max-size=N[k|m|g] begins a new log file then, max-file=N keeps so many.")
    var logOption: [String] = []
    @OptionGroup var health: HealthFlags

    func apply(to configuration: inout ContainerConfiguration) throws {
        configuration.lifecycle.restart = try Self.policy(restart, "run: --restart")
        if let stopSignal {
            _ = try Self.signal(stopSignal, "run: --stop-signal")
            configuration.stopSignal = stopSignal
        }
        if let stopTimeout {
            configuration.lifecycle.stopTimeout = try Self.timeout(stopTimeout, "run: --stop-timeout")
        }
        configuration.lifecycle.hasInit = hasInit
        configuration.lifecycle.log = try log()
        configuration.lifecycle.health = try health.options()
    }

    static func policy(_ text: String, _ option: String) throws -> RestartPolicy {
        if let policy = RestartPolicy(parsing: text) { return policy }
        throw UsageError(
            "\(option) \(text): it takes 'no', 'on-failure', 'on-failure:N', 'always' or 'unless-stopped'")
    }

    static func signal(_ text: String, _ option: String) throws -> Int32 {
        if let number = SignalName.number(of: text) { return number }
        throw UsageError("\(option) \(text): there is no such signal")
    }

    static func timeout(_ seconds: Int64, _ option: String) throws -> Int64 {
        if (-1...Int64(Int32.max)).contains(seconds) { return seconds }
        throw UsageError("\(option) \(seconds): it takes seconds, or -1 to wait without end")
    }

    private func log() throws -> LogOptions {
        var log = LogOptions()
        switch logDriver {
        case "json-file": break
        case "none": log.isKept = false
        default: throw UsageError("run: --log-driver \(logDriver): it takes 'json-file' or 'none'")
        }
        for option in logOption {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard log.isKept else {
                throw UsageError("run: --log-opt \(option): the log driver 'none' takes no option")
            }
            switch (parts.first, parts.count) {
            case ("max-size", 2) where parts[1] == "-1": log.maximumSize = nil
            case ("max-size", 2):
                guard let size = ByteCount.parse(parts[1]), size > 0, size <= UInt64(Int64.max) else {
                    throw UsageError("run: --log-opt \(option): it takes a size such as 500k, 10m or 1g")
                }
                log.maximumSize = size
            case ("max-file", 2):
                guard let count = Int(parts[1]), (1...1000).contains(count) else {
                    throw UsageError("run: --log-opt \(option): it takes a number from 1 to 1000")
                }
                log.maximumFiles = count
            default: throw UsageError("run: --log-opt \(option): it takes max-size=SIZE or max-file=N")
            }
        }
        guard log.maximumFiles == 1 || log.maximumSize != nil else {
            throw UsageError("run: --log-opt max-file: it takes a max-size too")
        }
        return log
    }
}
