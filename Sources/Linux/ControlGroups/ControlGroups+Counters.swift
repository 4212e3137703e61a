import Model

/// What the processes of a container use and have used, as far as its control groups count it: nil where none does.
public struct ControlGroupUsage: Hashable, Sendable {
    /// Nanoseconds on a processor, those of ended processes among them.
    public var processorTime: UInt64?
    /// Bytes, without file contents that can be dropped at once.
    public var memory: UInt64?
    /// Bytes; nil also where there is no limit.
    public var memoryLimit: UInt64?
    /// Threads.
    public var tasks: UInt64?
    /// Bytes read from and written to block devices.
    public var bytesRead: UInt64?
    public var bytesWritten: UInt64?
}

extension ControlGroups {
    /// How many processes were killed since the groups have been there because a memory limit was reached. Nil where no
    /// group counts them: only a memory controller does.
    public func oomKills() throws(SystemError) -> UInt64? {
        guard let memory = group(of: .memory) else { return nil }
        return try memory.number("oom_kill", in: memory.version == .two ? "memory.events" : "memory.oom_control")
    }

    public func usage() throws(SystemError) -> ControlGroupUsage {
        var usage = ControlGroupUsage()
        // Counted in every group of version 2, with or without the controller.
        if let microseconds = try unified?.number("usage_usec", in: "cpu.stat") {
            usage.processorTime = microseconds * 1000
        } else if let text = try group(of: .cpuacct)?.readIfPresent("cpuacct.usage") {
            usage.processorTime = UInt64(text)
        }
        if let memory = group(of: .memory) { try memory.countMemory(&usage) }
        if let text = try group(of: .pids)?.readIfPresent("pids.current") {
            usage.tasks = UInt64(text)
        } else if let any = groups.first {
            usage.tasks = UInt64(try any.threadCount())
        }
        if let io = group(of: .io) { try io.countTransfers(&usage) }
        return usage
    }
}

extension ControlGroup {
    fileprivate func countMemory(_ usage: inout ControlGroupUsage) throws(SystemError) {
        let isUnified = version == .two
        guard let text = try readIfPresent(isUnified ? "memory.current" : "memory.usage_in_bytes"),
            let used = UInt64(text)
        else { return }
        let droppable = try number(isUnified ? "inactive_file" : "total_inactive_file", in: "memory.stat") ?? 0
        usage.memory = used - min(used, droppable)
        let limit = try readIfPresent(isUnified ? "memory.max" : "memory.limit_in_bytes").flatMap { UInt64($0) }
        // Version 1 has the greatest multiple of the page size for none.
        usage.memoryLimit = limit.flatMap { $0 >= 1 << 62 ? nil : $0 }
    }

    /// `8:0 rbytes=1 wbytes=2 …` on version 2, `8:0 Read 1` and `8:0 Write 2` on version 1.
    fileprivate func countTransfers(_ usage: inout ControlGroupUsage) throws(SystemError) {
        let file = version == .two ? "io.stat" : "blkio.throttle.io_service_bytes_recursive"
        guard let text = try readIfPresent(file) else { return }
        var (read, written): (UInt64, UInt64) = (0, 0)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if version == .one {
                guard words.count == 3, let count = UInt64(words[2]) else { continue }
                if words[1] == "Read" { read += count }
                if words[1] == "Write" { written += count }
            } else {
                for word in words {
                    if word.hasPrefix("rbytes=") { read += UInt64(word.dropFirst(7)) ?? 0 }
                    if word.hasPrefix("wbytes=") { written += UInt64(word.dropFirst(7)) ?? 0 }
                }
            }
        }
        (usage.bytesRead, usage.bytesWritten) = (read, written)
    }
}
