import ArgumentParser
import Engine
import Linux
import Runtime

/// Docker's flags for limits that can be changed while a container runs.
struct LimitFlags: ParsableArguments {
    @Option(name: .joined("m"), help: "Limit memory: 512m, 1.5g; at least 6m.") var memory: String?
    @Option(help: "Memory that is left to the container when the machine runs short.") var memoryReservation: String?
    @Option(
        parsing: .unconditional,
        help: "Limit memory and swap together; -1 for swap without limit (default: twice the memory).")
    var memorySwap: String?
    @Option(help: "How many processors' time it may use: 1.5.") var cpus: String?
    @Option(
        name: [.customShort("c", allowingJoined: true), .customLong("cpu-shares")],
        help: "Weight beside others: 2 to 262144, usually 1024.")
    var cpuShares: UInt64?
    @Option(help: "Microseconds in which --cpu-quota counts: 1000 to 1000000.") var cpuPeriod: UInt64?
    @Option(parsing: .unconditional, help: "Microseconds of processor time a period; -1 for no limit.") var cpuQuota:
        Int64?
    @Option(help: "The processors to run on: 0-3,7.") var cpusetCpus: String?
    @Option(help: "The memory nodes to use: 0,1.") var cpusetMems: String?
    @Option(parsing: .unconditional, help: "Limit processes and threads; -1 for no limit.") var pidsLimit: Int64?
    @Option(help: "Weight of block I/O beside others: 10 to 1000; 0 for none.") var blkioWeight: UInt16?

    /// Whether any is given.
    var isEmpty: Bool {
        memory == nil && memoryReservation == nil && memorySwap == nil && cpus == nil && cpuShares == nil
            && cpuPeriod == nil && cpuQuota == nil && cpusetCpus == nil && cpusetMems == nil && pidsLimit == nil
            && blkioWeight == nil
    }

    /// Changes what is given, and leaves the rest.
    func apply(to limits: inout Specification.Resources) throws {
        try applyMemory(to: &limits.memory)
        try applyProcessors(to: &limits.cpu)
        if let pidsLimit {
            guard pidsLimit >= -1 else {
                throw UsageError("read --pids-limit: \(pidsLimit): it takes a number, or -1 for none")
            }
            limits.pids = pidsLimit
        }
        if let blkioWeight {
            guard blkioWeight == 0 || (10...1000).contains(blkioWeight) else {
                throw UsageError("read --blkio-weight: \(blkioWeight): it takes 10 to 1000, or 0 for none")
            }
            limits.blockIO.weight = blkioWeight
        }
    }

    private func applyMemory(to limits: inout Specification.Memory) throws {
        if let memory {
            let bytes = try Self.bytes(memory, "--memory")
            guard bytes == 0 || bytes >= 6 << 20 else {
                throw UsageError("read --memory: \(memory): a container needs 6m at least")
            }
            limits.limit = bytes == 0 ? -1 : bytes
            // What was twice the old limit is to be twice the new one.
            if memorySwap == nil { limits.swap = nil }
        }
        if let memorySwap { limits.swap = memorySwap == "-1" ? -1 : try Self.bytes(memorySwap, "--memory-swap") }
        if let memoryReservation { limits.reservation = try Self.bytes(memoryReservation, "--memory-reservation") }
        if let swap = limits.swap, swap > 0 {
            guard let limit = limits.limit, limit > 0 else {
                throw UsageError(
                    "read --memory-swap: \(memorySwap ?? "\(swap)"): it is of memory and swap together, and memory has no limit",
                    hints: ["give --memory too"])
            }
            guard swap >= limit else {
                throw UsageError(
                    "read --memory-swap: \(memorySwap ?? "\(swap)"): it is less than --memory, which is a part of it")
            }
        }
        if let reservation = limits.reservation, let limit = limits.limit, limit > 0, reservation > limit {
            throw UsageError("read --memory-reservation: \(reservation): it is more than --memory")
        }
    }

    private func applyProcessors(to limits: inout Specification.CPU) throws {
        if let cpus {
            guard cpuPeriod == nil, cpuQuota == nil else {
                throw UsageError(
                    "read --cpus: \(cpus): it says what --cpu-period and --cpu-quota say; give one or the other")
            }
            guard let count = Double(cpus), count >= 0.01, count <= Double(Processors.count) else {
                throw UsageError("read --cpus: \(cpus): it takes 0.01 to \(Processors.count), which is what there are")
            }
            limits.period = 100_000
            limits.quota = Int64((count * 100_000).rounded())
        }
        if let cpuPeriod {
            guard cpuPeriod == 0 || (1000...1_000_000).contains(cpuPeriod) else {
                throw UsageError("read --cpu-period: \(cpuPeriod): it takes 1000 to 1000000 microseconds")
            }
            limits.period = cpuPeriod
        }
        if let cpuQuota {
            guard cpuQuota == 0 || cpuQuota == -1 || cpuQuota >= 1000 else {
                throw UsageError(
                    "read --cpu-quota: \(cpuQuota): it takes 1000 microseconds and more, or -1 for no limit")
            }
            limits.quota = cpuQuota
        }
        if let cpuShares {
            guard cpuShares == 0 || (2...262_144).contains(cpuShares) else {
                throw UsageError("read --cpu-shares: \(cpuShares): it takes 2 to 262144")
            }
            limits.shares = cpuShares
        }
        limits.cpus = try cpusetCpus.map { try Self.list($0, "--cpuset-cpus") } ?? limits.cpus
        limits.mems = try cpusetMems.map { try Self.list($0, "--cpuset-mems") } ?? limits.mems
    }

    /// A number of bytes as Docker takes it.
    static func bytes(_ text: String, _ flag: String) throws -> Int64 {
        guard let bytes = ByteCount.parse(text).flatMap({ Int64(exactly: $0) }) else {
            throw UsageError("read \(flag): \(text): it takes a number with a unit: b, k, m or g, as in 512m")
        }
        return bytes
    }

    private static func list(_ text: String, _ flag: String) throws -> String {
        guard text.wholeMatch(of: /\d+(-\d+)?(,\d+(-\d+)?)*/) != nil else {
            throw UsageError("read \(flag): \(text): it takes numbers and ranges, as in 0-3,7")
        }
        return text
    }
}
