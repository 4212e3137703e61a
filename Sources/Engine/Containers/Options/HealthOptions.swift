import Model

/// How a container's health is found out. What is nil is as the image has it, and else as Docker has it.
public struct HealthOptions: Sendable, Hashable {
    /// Whether there is no check, whatever the image says.
    public var isOff = false
    /// What `sh -c` runs in the container; it is healthy where that exits with 0.
    public var command: String?
    /// Nanoseconds.
    public var interval: Int64?
    public var timeout: Int64?
    public var startPeriod: Int64?
    /// How many failures in a row make the container unhealthy.
    public var retries: Int64?

    public init() {}

    var json: JSON {
        func number(_ value: Int64?) -> JSON { value.map { .integer($0) } ?? .null }
        return [
            "off": .bool(isOff), "command": command.map { .string($0) } ?? .null, "interval": number(interval),
            "timeout": number(timeout), "startPeriod": number(startPeriod), "retries": number(retries),
        ]
    }

    init?(json: JSON) {
        guard let isOff = json["off"]?.bool else { return nil }
        self.isOff = isOff
        command = json["command"]?.string
        interval = json["interval"]?.integer
        timeout = json["timeout"]?.integer
        startPeriod = json["startPeriod"]?.integer
        retries = json["retries"]?.integer
    }
}
