import ArgumentParser
import Linux
import Model
import OCIRuntime
import Runtime

struct OCIUpdate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change a container's limits.",
        discussion: """
            What is not named stays. 0 stands for what stays, too, and -1 for no limit.

            Example:
              varve oci update --memory 512m --pids-limit 100 web
            """)

    @OptionGroup var options: OCIOptions
    @OptionGroup var limits: OCILimitOptions
    @Argument(help: "The container's id.") var id: String

    func run() throws {
        try options.containers.update(try ContainerID(id), try limits.limits())
    }
}

/// What `update` takes.
struct OCILimitOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "A file with limits as config.json's linux.resources, or - for standard input.")
    var resources: String?
    @Option(name: .customLong("blkio-weight"), help: "10 to 1000.") var blockWeight: UInt16?
    @Option(name: .customLong("cpu-period"), help: "Microseconds.") var period: UInt64?
    @Option(name: .customLong("cpu-quota"), help: "Microseconds of each period.") var quota: Int64?
    @Option(name: .customLong("cpu-burst"), help: "Microseconds that may be saved up.") var burst: UInt64?
    @Option(name: .customLong("cpu-share"), help: "2 to 262144.") var shares: UInt64?
    @Option(name: .customLong("cpu-rt-period"), help: "Microseconds.") var realtimePeriod: UInt64?
    @Option(name: .customLong("cpu-rt-runtime"), help: "Microseconds of each period.") var realtimeRuntime: Int64?
    @Option(name: .customLong("cpu-idle"), help: "0 or 1.") var idle: Int64?
    @Option(name: .customLong("cpuset-cpus"), help: "As in 0-3,7.") var cpus: String?
    @Option(name: .customLong("cpuset-mems"), help: "As in 0-1.") var mems: String?
    @Option(help: "Bytes, or as in 512m.") var memory: String?
    @Option(name: .customLong("memory-reservation"), help: "Bytes, or as in 512m.") var reservation: String?
    @Option(name: .customLong("memory-swap"), help: "Of memory and swap together.") var swap: String?
    @Option(name: .customLong("pids-limit"), help: "How many processes and threads.") var pids: Int64?

    func limits() throws -> Specification.Resources {
        if let resources {
            let text = try StandardInput.open(resources).readAll(limit: 1 << 20)
            return try Specification.Resources(parsing: try JSON(parsing: text))
        }
        var result = Specification.Resources()
        result.blockIO.weight = blockWeight
        result.pids = pids
        result.memory.limit = try Self.bytes(memory, "--memory")
        result.memory.reservation = try Self.bytes(reservation, "--memory-reservation")
        result.memory.swap = try Self.bytes(swap, "--memory-swap")
        (result.cpu.period, result.cpu.quota, result.cpu.burst) = (period, quota, burst)
        (result.cpu.shares, result.cpu.idle) = (shares, idle)
        (result.cpu.realtimePeriod, result.cpu.realtimeRuntime) = (realtimePeriod, realtimeRuntime)
        (result.cpu.cpus, result.cpu.mems) = (cpus, mems)
        return result
    }

    private static func bytes(_ text: String?, _ name: String) throws -> Int64? {
        guard let text else { return nil }
        if text == "-1" { return -1 }
        guard let bytes = ByteCount.parse(text).flatMap({ Int64(exactly: $0) }) else {
            throw UsageError("update: \(name) \(text): it takes a number of bytes, as in 512m, or -1")
        }
        return bytes
    }
}
