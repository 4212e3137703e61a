import Glibc
import Linux
import Model

/// What is known of a container's health.
public struct Health: Sendable, Hashable {
    public enum Status: String, Sendable {
        case starting, healthy, unhealthy
    }

    /// One check.
    public struct Probe: Sendable, Hashable {
        public var start: Timestamp
        public var end: Timestamp
        /// -1 for one that took too long or could not be made.
        public var exitCode: Int32
        /// What it wrote, at most 4096 bytes of it.
        public var output: String
    }

    public var status = Status.starting
    /// How many checks in a row have failed.
    public var failingStreak: Int64 = 0
    /// The last checks, at most five, the latest last.
    public var probes: [Probe] = []

    static let outputLimit = 4096
    private static let probeCount = 5

    /// Takes a check into account, as Docker does.
    /// - Parameter counts: whether a failure counts.
    mutating func add(_ probe: Probe, counts: Bool, retries: Int64) {
        probes = (probes + [probe]).suffix(Self.probeCount)
        guard probe.exitCode != 0 else {
            (status, failingStreak) = (.healthy, 0)
            return
        }
        guard counts || status != .starting else { return }
        failingStreak += 1
        if failingStreak >= retries { status = .unhealthy }
    }

    /// As `inspect` shows it.
    public var json: JSON {
        func time(_ time: Timestamp) -> JSON { time.rfc3339.map { .string($0) } ?? .null }
        return [
            "status": .string(status.rawValue), "failingStreak": .integer(failingStreak),
            "log": .array(
                probes.map {
                    [
                        "start": time($0.start), "end": time($0.end), "exitCode": .integer($0.exitCode),
                        "output": .string($0.output),
                    ]
                }),
        ]
    }

    init?(json: JSON) {
        guard let status = json["status"]?.string.flatMap(Status.init(rawValue:)),
            let streak = json["failingStreak"]?.integer, let log = json["log"]?.array
        else { return nil }
        self.status = status
        failingStreak = streak
        probes = log.compactMap(Probe.init(json:))
    }

    init() {}
}

extension Health.Probe {
    fileprivate init?(json: JSON) {
        guard let start = json["start"]?.string.flatMap(Timestamp.init(rfc3339:)),
            let end = json["end"]?.string.flatMap(Timestamp.init(rfc3339:)),
            let code = json["exitCode"]?.integer.flatMap({ Int32(exactly: $0) }), let output = json["output"]?.string
        else { return nil }
        self.init(start: start, end: end, exitCode: code, output: output)
    }
}

extension Repository {
    private func healthPath(of container: Container) -> String { "\(files(of: container.id).directory)/health.json" }

    /// Nil where the container has no check, or was never started.
    public func health(of container: Container) throws -> Health? {
        guard container.configuration.lifecycle.health.hasCheck else { return nil }
        return try read(healthPath(of: container), of: container.id, as: Health.init(json:))
    }

    func resetHealth(of container: Container) throws {
        guard container.configuration.lifecycle.health.hasCheck else { return }
        try set(Health(), of: container)
    }

    private func set(_ health: Health, of container: Container) throws {
        // Of the next check it is told anew: no power cut is worth waiting for the disk.
        try Files.replace(healthPath(of: container), with: health.json.serialized(), isDurable: false)
    }

    /// What a supervisor starts when a check is due: makes it, and puts on record what came of it.
    /// - Parameter exec: runs the check's command in the container with these descriptors as its standard output and error, and
    ///   exits as it does.
    public func superviseCheck(of id: String, exec: (Container, [String], Int32) -> Never) throws {
        guard let container = try container(id: id), container.configuration.lifecycle.health.hasCheck else { return }
        let options = container.configuration.lifecycle.health
        let before = try self.state(of: container)
        // One that stands still can't answer.
        guard case .running = before.status, !before.isPaused else { return }
        let probe = try probe(container, options, exec)
        let state = try state(of: container)
        // It may have ended meanwhile, which is no failure of the check.
        guard case .running = state.status, !state.isPaused, state.life.run == before.life.run,
            var health = try health(of: container)
        else { return }
        let statusBefore = health.status
        let age = (probe.end.seconds - (state.started ?? 0)) * 1_000_000_000
        health.add(probe, counts: age >= options.startPeriod ?? 0, retries: options.effectiveRetries)
        try set(health, of: container)
        if health.status != statusBefore {
            record(.healthStatus, of: container, [.init("health", health.status.rawValue)])
        }
    }
}
