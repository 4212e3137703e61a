import ArgumentParser
import Engine
import Glibc
import Model

struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what a container has written.",
        discussion: """
            What it wrote to standard error goes there.

            Examples:
              varve logs --tail 20 -t work
              varve logs --since 10m work
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Wait for more, until the container has ended.") var follow = false
    @Option(
        name: [.customShort("n", allowingJoined: true), .long], help: "Only so many of the last lines (default: all).")
    var tail: String =
        "all"
    @Option(help: "From this time on: a date, 1700000000, '10 minutes ago' or 10m.") var since: String?
    @Option(help: "Up to this time.") var until: String?
    @Flag(name: .shortAndLong, help: "Put before each line when it was written.") var timestamps = false
    @Argument(help: "The container.") var container: String

    func run() throws {
        let now = Moment.exactly()
        var request = OutputRequest()
        request.since = try since.map { try point($0, "--since", now) }
        request.until = try until.map { try point($0, "--until", now) }
        request.follows = follow
        request.output = STDOUT_FILENO
        if tail != "all" {
            guard let count = Int(tail) else { throw UsageError("logs: --tail \(tail): it takes a number or 'all'") }
            // As Docker has it.
            request.tail = count < 0 ? nil : count
        }
        let repository = try options.repository()
        let screen = LogScreen(showsTimes: timestamps)
        try repository.logs(
            of: try repository.container(container), request, show: screen.show, pause: screen.flush)
    }

    private func point(_ text: String, _ flag: String, _ now: Timestamp) throws -> Timestamp {
        if let point = Moment.point(text, now: now) { return point }
        throw UsageError(
            "read \(flag): \(text): it is no time",
            hints: ["write 2026-11-01, 2026-11-01T15:30:00Z, 1700000000, 10m or '10 minutes ago'"])
    }
}

/// Writes entries to the stream that they came from, in their order.
private final class LogScreen {
    private let showsTimes: Bool
    private var buffer: [UInt8] = []
    private var descriptor = STDOUT_FILENO

    init(showsTimes: Bool) { self.showsTimes = showsTimes }

    func show(_ entry: LogEntry) {
        let descriptor = entry.isErrors ? STDERR_FILENO : STDOUT_FILENO
        if descriptor != self.descriptor || buffer.count >= 1 << 16 { flush() }
        self.descriptor = descriptor
        if showsTimes { buffer += Array("\(Self.fixed(entry.time)) ".utf8) }
        buffer += entry.text
    }

    func flush() {
        if !buffer.isEmpty, !put(buffer, to: descriptor) { Output.failWriting() }
        buffer.removeAll(keepingCapacity: true)
    }

    /// With nine digits of a fraction, so that lines stay below each other.
    private static func fixed(_ time: Timestamp) -> String {
        let whole = Timestamp(seconds: time.seconds).rfc3339 ?? "\(time.seconds)Z"
        let digits = String(time.nanoseconds)
        return "\(whole.dropLast()).\(String(repeating: "0", count: 9 - digits.utf8.count))\(digits)Z"
    }
}
