import Model

/// What becomes of a container: its end, its restarts, its log.
public struct LifecycleOptions: Sendable, Hashable {
    public var restart = RestartPolicy.no
    /// Whether it is removed when its command has ended.
    public var isRemovedAtEnd = false
    /// Seconds between the signal that asks the container to end and KILL; -1 for no KILL.
    public var stopTimeout: Int64 = 10
    /// Whether a small program of ours is its first process, which gives signals on and waits for what others leave.
    public var hasInit = false
    public var log = LogOptions()
    public var health = HealthOptions()

    public init() {}

    var json: JSON {
        [
            "restart": .string(restart.description), "removedAtEnd": .bool(isRemovedAtEnd),
            "stopTimeout": .integer(stopTimeout), "init": .bool(hasInit), "log": log.json, "health": health.json,
        ]
    }

    init?(json: JSON) {
        guard let restart = json["restart"]?.string.flatMap(RestartPolicy.init(parsing:)),
            let isRemovedAtEnd = json["removedAtEnd"]?.bool, let stopTimeout = json["stopTimeout"]?.integer,
            let hasInit = json["init"]?.bool, let log = json["log"].flatMap(LogOptions.init(json:)),
            let health = json["health"].flatMap(HealthOptions.init(json:))
        else { return nil }
        (self.restart, self.isRemovedAtEnd, self.stopTimeout) = (restart, isRemovedAtEnd, stopTimeout)
        (self.hasInit, self.log, self.health) = (hasInit, log, health)
    }
}

/// Where a container's output goes beside its clients.
public struct LogOptions: Sendable, Hashable {
    /// Whether there is a log file, in Docker's json-file form.
    public var isKept = true
    /// Bytes after which a new file is begun; nil for no bound.
    public var maximumSize: UInt64?
    /// How many files there are at most.
    public var maximumFiles = 1

    public init() {}

    var json: JSON {
        [
            "kept": .bool(isKept), "maximumSize": maximumSize.map { .integer(Int64($0)) } ?? .null,
            "maximumFiles": .integer(Int64(maximumFiles)),
        ]
    }

    init?(json: JSON) {
        guard let isKept = json["kept"]?.bool,
            let files = json["maximumFiles"]?.integer.flatMap({ Int(exactly: $0) }), files > 0
        else { return nil }
        (self.isKept, maximumFiles) = (isKept, files)
        if let size = json["maximumSize"]?.integer {
            guard let size = UInt64(exactly: size) else { return nil }
            maximumSize = size
        }
    }
}
