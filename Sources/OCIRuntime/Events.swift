import Linux
import Model
import Runtime

extension Containers {
    /// What the container's processes use and have used, as `runc events` writes it: an object of `type` `stats`.
    public func statistics(of id: ContainerID) throws -> JSON {
        let container = try look(at: id)
        guard container.status.isAlive else { throw OCIError.notRunning("count what container uses", id) }
        return try container.controlGroups().statistics(of: id)
    }

    /// Tells the statistics again and again, and each time that processes were killed for lack of memory, until the container
    /// stops.
    /// - Parameter milliseconds: between two.
    public func events(of id: ContainerID, every milliseconds: Int, emit: (JSON) -> Void) throws {
        let container = try look(at: id)
        guard container.status.isAlive, let process = try container.record.process?.open() else {
            throw OCIError.notRunning("watch container", id)
        }
        let groups = try container.controlGroups()
        var kills = try groups.oomKills() ?? 0
        while true {
            emit(try groups.statistics(of: id))
            let hasEnded = try process.waitForEnd(within: Int32(clamping: milliseconds))
            let now = try groups.oomKills() ?? kills
            if now > kills { emit(["type": "oom", "id": .string(id.text)]) }
            if hasEnded { return }
            kills = max(kills, now)
        }
    }
}

extension ControlGroups {
    fileprivate func statistics(of id: ContainerID) throws(SystemError) -> JSON {
        let usage = try usage()
        let times = try unified?.numbers(in: "cpu.stat") ?? [:]
        let limit = try group(of: .pids)?.readIfPresent("pids.max").flatMap { UInt64($0) }
        func member(_ name: String, _ number: UInt64?) -> [JSON.Member] {
            number.map { [JSON.Member(name, .integer($0))] } ?? []
        }
        func nanoseconds(_ name: String) -> JSON { .integer((times[name] ?? 0) * 1000) }
        let data: JSON = [
            "cpu": [
                "usage": [
                    "total": .integer(usage.processorTime ?? 0), "kernel": nanoseconds("system_usec"),
                    "user": nanoseconds("user_usec"),
                ],
                "throttling": [
                    "periods": .integer(times["nr_periods"] ?? 0),
                    "throttledPeriods": .integer(times["nr_throttled"] ?? 0),
                    "throttledTime": nanoseconds("throttled_usec"),
                ],
            ],
            "memory": [
                "usage": .object(member("usage", usage.memory) + member("limit", usage.memoryLimit)),
                "raw": .object(
                    try (group(of: .memory)?.numbers(in: "memory.stat") ?? [:]).sorted { $0.key < $1.key }
                        .map { JSON.Member($0.key, .integer($0.value)) }),
            ],
            "pids": .object(member("current", usage.tasks) + member("limit", limit)),
            "blkio": [
                "ioServiceBytesRecursive": [
                    ["op": "Read", "value": .integer(usage.bytesRead ?? 0)],
                    ["op": "Write", "value": .integer(usage.bytesWritten ?? 0)],
                ]
            ],
        ]
        return ["type": "stats", "id": .string(id.text), "data": data]
    }
}

extension ControlGroup {
    /// A file of a name and a number a line; empty where there is none.
    fileprivate func numbers(in file: String) throws(SystemError) -> [String: UInt64] {
        var numbers: [String: UInt64] = [:]
        for line in (try readIfPresent(file) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let number = UInt64(words[1]) { numbers[String(words[0])] = number }
        }
        return numbers
    }
}
