import ArgumentParser
import Engine
import Model
import Runtime

/// Docker's flags for what a container may use of the machine.
struct ResourceFlags: ParsableArguments {
    @OptionGroup var limits: LimitFlags
    @Option(parsing: .unconditional, help: "How readily its memory is swapped out: 0 to 100; -1 for as usual.")
    var memorySwappiness: Int?
    @Flag(name: .customLong("oom-kill-disable"), help: "Let it wait for memory instead of killing it.")
    var disablesOOMKiller = false
    @Option(parsing: .unconditional, help: "How rather than others it is killed for want of memory: -1000 to 1000.")
    var oomScoreAdj: Int?
    @Option(help: "Limit bytes read from a disk a second: /dev/sda:10m.") var deviceReadBps: [String] = []
    @Option(help: "Limit bytes written to a disk a second: /dev/sda:10m.") var deviceWriteBps: [String] = []
    @Option(help: "Limit reads from a disk a second: /dev/sda:100.") var deviceReadIops: [String] = []
    @Option(help: "Limit writes to a disk a second: /dev/sda:100.") var deviceWriteIops: [String] = []
    @Option(help: "Weight of one disk's I/O: /dev/sda:500.") var blkioWeightDevice: [String] = []
    @Option(help: "Give a device of the host, or those of a directory: HOST[:CONTAINER][:rwm].") var device: [String] =
        []
    @Option(help: "Allow devices by their numbers: 'c 10:* rwm'.") var deviceCgroupRule: [String] = []
    @Option(help: "The control group to be in, in place of varve's; from the root on, with and without a leading /.")
    var cgroupParent: String?

    func apply(to configuration: inout ContainerConfiguration) throws {
        var resources = ResourceOptions()
        try limits.apply(to: &resources.limits)
        if let memorySwappiness {
            guard (-1...100).contains(memorySwappiness) else {
                throw UsageError("read --memory-swappiness: \(memorySwappiness): it takes 0 to 100, or -1 for as usual")
            }
            resources.limits.memory.swappiness = UInt64(exactly: memorySwappiness)
        }
        resources.limits.memory.disablesOOMKiller = disablesOOMKiller
        if let oomScoreAdj {
            guard (-1000...1000).contains(oomScoreAdj) else {
                throw UsageError("read --oom-score-adj: \(oomScoreAdj): it takes -1000 to 1000")
            }
            resources.oomScoreAdjustment = oomScoreAdj
        }
        resources.diskLimits = try diskLimits()
        resources.devices = try device.map { text in
            guard let device = HostDevice(parsing: text) else {
                throw UsageError(
                    "read --device: \(text): it takes /HOST[:/CONTAINER][:ACCESS], where access is of r, w and m")
            }
            return device
        }
        resources.limits.devices = try deviceCgroupRule.map { text in
            guard let rule = Specification.DeviceRule(parsing: text) else {
                throw UsageError(
                    "read --device-cgroup-rule: \(text): it takes 'TYPE MAJOR:MINOR ACCESS'",
                    hints: ["as in 'c 10:* rwm': the type is a, b or c, and * stands for any number"])
            }
            return rule
        }
        if let cgroupParent {
            guard let path = BytePath(parsing: cgroupParent.utf8), !path.isRoot else {
                throw UsageError(
                    "read --cgroup-parent: \(cgroupParent): it takes a path without '..', as in /team/batch")
            }
            resources.controlGroupParent = path
        }
        configuration.resources = resources
    }

    private func diskLimits() throws -> [DiskLimit] {
        let flags: [(String, DiskLimit.Kind, [String])] = [
            ("--device-read-bps", .readBytes, deviceReadBps), ("--device-write-bps", .writeBytes, deviceWriteBps),
            ("--device-read-iops", .readOperations, deviceReadIops),
            ("--device-write-iops", .writeOperations, deviceWriteIops),
            ("--blkio-weight-device", .weight, blkioWeightDevice),
        ]
        return try flags.flatMap { flag, kind, texts in try texts.map { try Self.diskLimit($0, kind, flag) } }
    }

    private static func diskLimit(_ text: String, _ kind: DiskLimit.Kind, _ flag: String) throws -> DiskLimit {
        let isOfBytes = kind == .readBytes || kind == .writeBytes
        guard let colon = text.lastIndex(of: ":"), text.hasPrefix("/"),
            let path = BytePath(parsing: text[..<colon].utf8),
            let value = isOfBytes
                ? ByteCount.parse(String(text[text.index(after: colon)...]))
                : UInt64(text[text.index(after: colon)...]),
            Int64(exactly: value) != nil, kind != .weight || (10...1000).contains(value)
        else {
            let what = isOfBytes ? "BYTES with a unit: b, k, m or g" : kind == .weight ? "10 to 1000" : "NUMBER"
            throw UsageError("read \(flag): \(text): it takes /DEVICE:\(what)")
        }
        return DiskLimit(kind, path: path, value: value)
    }
}
