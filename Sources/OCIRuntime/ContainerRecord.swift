import Linux
import Model
import Runtime

/// What is remembered of a container: its file `state.json`. The specification is beside it, as it was when the container
/// was made.
struct ContainerRecord: Hashable {
    /// The first process. Nil while there is none yet.
    var process: ProcessIdentity?
    /// Whether everything is set up. Until then its maker holds the container's lock.
    var isComplete = false
    /// What it has of the control groups at its path: nothing else there is the container's business.
    var groups: [ClaimedGroup] = []
    /// The number of its device filter in a group that was there before; nil where there is none.
    var deviceFilter: UInt32?
    /// Absolute.
    var bundle: String
    /// Absolute.
    var rootfs: String
    var created: Timestamp

    var json: JSON {
        [
            "process": process.map { ["pid": .integer($0.pid), "startTime": .integer($0.startTime)] } ?? .null,
            "complete": .bool(isComplete), "bundle": .string(bundle), "rootfs": .string(rootfs),
            "created": .string(created.rfc3339 ?? ""),
            "controlGroups": .object(groups.map { .init($0.hierarchy, .string($0.isMade ? "made" : "joined")) }),
            "deviceFilter": deviceFilter.map { .integer($0) } ?? .null,
        ]
    }

    /// Nil where it is no such record.
    init?(json: JSON) {
        guard let isComplete = json["complete"]?.bool, let bundle = json["bundle"]?.string,
            let rootfs = json["rootfs"]?.string, let text = json["created"]?.string,
            let created = Timestamp(rfc3339: text), let groups = json["controlGroups"]?.object
        else { return nil }
        if let process = json["process"], !process.isNull {
            guard let pid = process["pid"]?.integer.flatMap({ Int32(exactly: $0) }),
                let startTime = process["startTime"]?.integer.flatMap({ UInt64(exactly: $0) })
            else { return nil }
            self.process = ProcessIdentity(pid: pid, startTime: startTime)
        }
        for group in groups {
            guard let word = group.value.string, word == "made" || word == "joined" else { return nil }
            self.groups.append(ClaimedGroup(hierarchy: group.key, isMade: word == "made"))
        }
        deviceFilter = json["deviceFilter"]?.integer.flatMap { UInt32(exactly: $0) }
        self.isComplete = isComplete
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
    }

    init(bundle: String, rootfs: String, created: Timestamp) {
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
    }
}
