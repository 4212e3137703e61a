import Linux
import Model
import Runtime

/// What a container may use of the machine: memory, processors, processes, disks, devices.
public struct ResourceOptions: Sendable, Hashable {
    /// The limits that name nothing of the host's, and the rules for devices.
    public var limits = Specification.Resources()
    public var devices: [HostDevice] = []
    public var diskLimits: [DiskLimit] = []
    /// -1000 to 1000: how much rather than others the kernel kills the container for want of memory.
    public var oomScoreAdjustment: Int?
    /// The group that the container's group is in, in each hierarchy; nil for `varve`.
    public var controlGroupParent: BytePath?

    public init() {}

    var json: JSON {
        [
            "limits": limits.json ?? [:], "devices": .array(devices.map(\.json)),
            "diskLimits": .array(diskLimits.map(\.json)),
            "oomScoreAdjustment": oomScoreAdjustment.map { .integer($0) } ?? .null,
            "controlGroupParent": controlGroupParent.map { .string($0.bytes.hex) } ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let limits = json["limits"].flatMap({ try? Specification.Resources(parsing: $0) }),
            let devices = json["devices"]?.array, let diskLimits = json["diskLimits"]?.array
        else { return nil }
        self.limits = limits
        self.devices = devices.compactMap(HostDevice.init(json:))
        self.diskLimits = diskLimits.compactMap(DiskLimit.init(json:))
        guard self.devices.count == devices.count, self.diskLimits.count == diskLimits.count else { return nil }
        oomScoreAdjustment = json["oomScoreAdjustment"]?.integer.flatMap { Int(exactly: $0) }
        if let parent = json["controlGroupParent"]?.string {
            guard let path = [UInt8](hex: parent).flatMap({ BytePath(parsing: $0) }) else { return nil }
            controlGroupParent = path
        }
    }

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {
        var nodes: [Specification.Device] = []
        var rules = [Specification.DeviceRule(allows: false)]
        for device in devices {
            let found = try device.nodes()
            nodes += found
            rules += found.map { device.rule(for: $0) }
        }
        specification.linux.devices += nodes
        specification.linux.resources = try resources()
        specification.linux.resources.devices = rules + limits.devices
        specification.process.oomScoreAdjustment = oomScoreAdjustment
    }

    /// The limits, with the host's devices by their numbers.
    func resources() throws -> Specification.Resources {
        var resources = limits
        for limit in diskLimits { try limit.add(to: &resources.blockIO) }
        if let memory = limits.memory.limit, memory > 0, limits.memory.swap == nil,
            try ControlHierarchies.mounted().countsSwap()
        {
            // As in Docker: as much swap as memory.
            resources.memory.swap = memory.multipliedReportingOverflow(by: 2).overflow ? -1 : memory * 2
        }
        return resources
    }
}
