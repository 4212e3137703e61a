import ArgumentParser
import Engine
import Glibc
import Model

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happens to containers, volumes, networks and tags.",
        discussion: """
            Waits for more until --until, or until it is interrupted. Without --since it begins now.

            Filters: container= (name or id), event=, image=, label=NAME[=VALUE], network=, type=, volume=.

            Examples:
              varve events --since '10 minutes ago' --until now
              varve events --since 0 --until now --filter type=container --filter event=die --json
            """)

    @OptionGroup var options: GlobalOptions
    @Option(help: "From this time on: a date, 1700000000, '10 minutes ago' or 10m.") var since: String?
    @Option(help: "Up to this time.") var until: String?
    @Option(name: [.customShort("f", allowingJoined: true), .customLong("filter")], help: "Only those: KEY=VALUE.")
    var filter: [String] = []
    @Flag(name: .customLong("json"), help: "Print JSON, an event a line.") var isJSON = false

    private static let keys = ["container", "event", "image", "label", "network", "type", "volume"]

    func run() throws {
        let now = Moment.exactly()
        let filters = try Filters(filter, keys: Self.keys, command: "events")
        let start = try since.map { try point($0, "--since", now) } ?? now
        let end = try until.map { try point($0, "--until", now) }
        let reader = try options.repository().events()
        let output = Output(options)
        while true {
            // What is written until now is read below.
            let time = Moment.exactly()
            for event in try reader.next() where event.time >= start && end.map({ event.time <= $0 }) ?? true {
                if Self.admits(event, filters) { output.line(isJSON ? Self.oneLine(event.json) : Self.text(event)) }
            }
            output.finish()
            guard let end else {
                try reader.wait(atMost: nil)
                continue
            }
            if time > end { return }
            // One millisecond more than is left, so that the clock is past the end.
            let left =
                (end.seconds - time.seconds) * 1000 + (Int64(end.nanoseconds) - Int64(time.nanoseconds)) / 1_000_000
            try reader.wait(atMost: Int32(clamping: left + 1))
        }
    }

    private func point(_ text: String, _ flag: String, _ now: Timestamp) throws -> Timestamp {
        if let point = Moment.point(text, now: now) { return point }
        throw UsageError(
            "read \(flag): \(text): it is no time",
            hints: ["write 2026-11-01, 2026-11-01T15:30:00Z, 1700000000, 10m or '10 minutes ago'"])
    }

    private static func admits(_ event: Event, _ filters: Filters) -> Bool {
        func isNamed(_ text: String) -> Bool {
            event.name == text || (text.utf8.count >= 4 && event.id.hasPrefix(text))
        }
        func attribute(_ key: String) -> String? { event.attributes.first { $0.key == key }?.value }
        return filters.admits(labels: event.labels)
            && filters.admits("type") { $0 == event.kind.rawValue }
            && filters.admits("event") { $0 == event.action.rawValue }
            && filters.admits("container") {
                event.kind == .container ? isNamed($0) : attribute("container") == $0
            }
            && filters.admits("volume") { event.kind == .volume && event.name == $0 }
            && filters.admits("network") { event.kind == .network && isNamed($0) }
            && filters.admits("image") { event.kind == .image ? event.name == $0 : attribute("image") == $0 }
    }

    /// `TIME TYPE ACTION ID (KEY=VALUE, …)`, as docker writes it.
    private static func text(_ event: Event) -> String {
        let details =
            [("name", event.name)] + event.attributes.map { ($0.key, $0.value) }
            + event.labels.map { ($0.name, $0.value) }
        let list = details.map { "\($0)=\(Escaping.displayed(Array($1.utf8)))" }.joined(separator: ", ")
        let words = [
            event.time.rfc3339 ?? "\(event.time.seconds)", event.kind.rawValue, event.action.rawValue, event.id,
        ]
        return "\(words.filter { !$0.isEmpty }.joined(separator: " ")) (\(list))"
    }

    private static func oneLine(_ json: JSON) -> String { String(decoding: json.serialized(), as: UTF8.self) }
}
