import Glibc
import Linux
import Model

/// What a running container uses now and has used.
public struct ContainerUsage: Sendable {
    /// By the clock that nobody sets, nanoseconds: when it was looked at.
    public var moment: UInt64
    /// Nanoseconds on a processor.
    public var processorTime: UInt64
    /// Bytes, and how many there can be.
    public var memory: UInt64
    public var memoryLimit: UInt64
    /// Bytes in and out by the container's own network devices; nil where it has none of its own.
    public var network: (received: UInt64, sent: UInt64)?
    /// Bytes from and to disks.
    public var disks: (read: UInt64, written: UInt64)
    /// Processes and threads.
    public var tasks: UInt64
}

extension Repository {
    /// Nil where the container does not run. What no control group counts is summed up over the processes that there are.
    public func usage(of container: Container) throws -> ContainerUsage? {
        guard case .running(let first) = try state(of: container).status, let process = try first.open() else {
            return nil
        }
        let pid = process.pid
        let groups = try controlGroups(of: container)
        let counted = try groups.usage()
        let members = groups.isEmpty ? [pid] : try groups.processes()
        let processes = members.map { ProcessFigures(pid: $0) }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let total = try MachineFigures.memory()
        return ContainerUsage(
            moment: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec),
            processorTime: try counted.processorTime ?? processes.sum { try $0.processorTime() },
            memory: try counted.memory ?? processes.sum { try $0.memory() },
            memoryLimit: min(counted.memoryLimit ?? total, total),
            network: try ProcessFigures(pid: pid).network(),
            disks: (
                try counted.bytesRead ?? processes.sum { try $0.number("read_bytes:", in: "io") },
                try counted.bytesWritten ?? processes.sum { try $0.number("write_bytes:", in: "io") }
            ),
            tasks: counted.tasks ?? UInt64(processes.count))
    }

    /// The processes of a running container.
    public func processes(of container: Container) throws -> Set<Int32> {
        _ = try requireRunning(container)
        let groups = try controlGroups(of: container)
        guard !groups.isEmpty else {
            throw EngineError.refused("list processes", subject: container.name, reason: "it has no control group")
        }
        return try groups.processes()
    }
}

/// What `/proc` tells of one process (proc(5)). It may end at any time; what can't be read is nothing then.
private struct ProcessFigures {
    let pid: Int32

    private func text(_ file: String) throws(SystemError) -> [Substring] {
        do throws(SystemError) {
            let bytes = try Files.open(KernelPath("/proc/\(pid)/\(file)"), flags: O_RDONLY).readAll(limit: 1 << 20)
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        } catch {
            if [.noEntry, .noSuchProcess, .accessDenied, .notPermitted].contains(error.errno) { return [] }
            throw error
        }
    }

    /// The number behind a word at the beginning of a line; 0 where there is none.
    func number(_ key: String, in file: String) throws(SystemError) -> UInt64 {
        for line in try text(file) where line.hasPrefix(key) {
            return line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0
        }
        return 0
    }

    /// Its share of what it has in common with others, and all that is its own.
    func memory() throws(SystemError) -> UInt64 { try number("Pss:", in: "smaps_rollup") * 1024 }

    /// Its own and that of children it has waited for.
    func processorTime() throws(SystemError) -> UInt64 {
        // The name, in parentheses, may hold anything.
        guard let line = try text("stat").last, let end = line.lastIndex(of: ")") else { return 0 }
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 14 else { return 0 }
        let ticks = fields[11...14].reduce(UInt64(0)) { $0 + (UInt64($1) ?? 0) }
        return ticks * (1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
    }

    func network() throws(SystemError) -> (received: UInt64, sent: UInt64)? {
        do throws(SystemError) {
            let own = try Files.readLink("/proc/self/ns/net")
            if try Files.readLink(KernelPath("/proc/\(pid)/ns/net")) == own { return nil }
        } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
        var sums: (received: UInt64, sent: UInt64) = (0, 0)
        for line in try text("net/dev") {
            // name: bytes packets errs drop fifo frame compressed multicast bytes …
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) != "lo" else { continue }
            let numbers = parts[1].split(separator: " ").compactMap { UInt64($0) }
            guard numbers.count >= 9 else { continue }
            sums = (sums.received + numbers[0], sums.sent + numbers[8])
        }
        return sums
    }
}

private enum MachineFigures {
    static func memory() throws(SystemError) -> UInt64 {
        let bytes = try Files.open("/proc/meminfo", flags: O_RDONLY).readAll(limit: 1 << 20)
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("MemTotal:") {
            return (line.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) * 1024
        }
        return 0
    }
}

extension [ProcessFigures] {
    fileprivate func sum(_ figure: (ProcessFigures) throws -> UInt64) throws -> UInt64 {
        var sum: UInt64 = 0
        for process in self { sum += try figure(process) }
        return sum
    }
}
