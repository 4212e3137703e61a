import Model

/// How a container's health is found out. Of a container that was made, what its image says is in it too.
public struct HealthOptions: Sendable, Hashable {
    /// Whether there is no check, whatever the image says.
    public var isOff = false
    /// `CMD` and a command's words, or `CMD-SHELL` and a line for `/bin/sh -c`; nil for no check. The container is healthy where
    /// that exits with 0.
    public var test: [String]?
    /// Nanoseconds between checks, as all these; nil as Docker has it.
    public var interval: Int64?
    /// How long a check may take.
    public var timeout: Int64?
    /// How long after its start failures do not count.
    public var startPeriod: Int64?
    /// How many failures in a row make the container unhealthy.
    public var retries: Int64?

    public init() {}

    var hasCheck: Bool { test != nil && !isOff }
    var effectiveInterval: Int64 { interval ?? 30_000_000_000 }
    var effectiveTimeout: Int64 { timeout ?? 30_000_000_000 }
    var effectiveRetries: Int64 { retries ?? 3 }

    /// The command of a check.
    var command: [String] {
        guard let test else { return [] }
        return test.first == "CMD" ? Array(test.dropFirst()) : ["/bin/sh", "-c"] + test.dropFirst()
    }

    /// Takes from what the image says all that was not asked for.
    /// - Throws: where something was asked for of a check that there is not.
    mutating func settle(with image: HealthOptions?) throws {
        if isOff { return }
        test = test ?? image?.test
        guard test != nil else {
            guard (interval, timeout, startPeriod, retries) == (nil, nil, nil, nil) else {
                throw EngineError.refused(
                    "check health", subject: "container",
                    reason: "there is no check: neither --health-cmd nor the image has one")
            }
            return
        }
        interval = interval ?? image?.interval
        timeout = timeout ?? image?.timeout
        startPeriod = startPeriod ?? image?.startPeriod
        retries = retries ?? image?.retries
    }

    var json: JSON {
        func number(_ value: Int64?) -> JSON { value.map { .integer($0) } ?? .null }
        return [
            "off": .bool(isOff), "test": test.map { .array($0.map { .string($0) }) } ?? .null,
            "interval": number(interval), "timeout": number(timeout), "startPeriod": number(startPeriod),
            "retries": number(retries),
        ]
    }

    init?(json: JSON) {
        guard let isOff = json["off"]?.bool else { return nil }
        self.isOff = isOff
        test = json["test"]?.array?.compactMap(\.string)
        interval = json["interval"]?.integer
        timeout = json["timeout"]?.integer
        startPeriod = json["startPeriod"]?.integer
        retries = json["retries"]?.integer
    }

    /// `config.Healthcheck` of an image. Nil where it has none; what has no meaning has no effect.
    init?(image json: JSON) {
        guard let test = json["Test"]?.array?.compactMap(\.string), let kind = test.first else { return nil }
        switch kind {
        case "CMD" where test.count > 1, "CMD-SHELL" where test.count == 2: self.test = test
        default: return nil
        }
        func positive(_ name: String) -> Int64? { json[name]?.integer.flatMap { $0 > 0 ? $0 : nil } }
        interval = positive("Interval")
        timeout = positive("Timeout")
        startPeriod = positive("StartPeriod")
        retries = positive("Retries")
    }
}
