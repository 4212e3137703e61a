import CLinux
import Glibc
import Model

/// Which devices the processes of a control group may open and make: a program that the kernel runs before each try
/// (`BPF_PROG_TYPE_CGROUP_DEVICE`; linux/bpf.h, `struct bpf_cgroup_dev_ctx`).
public struct DeviceFilter: Hashable, Sendable {
    /// What may be done with a device: `BPF_DEVCG_ACC_*`, with the letters that version 1's controller has for it.
    public struct Access: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let make = Access(rawValue: 1)
        public static let read = Access(rawValue: 2)
        public static let write = Access(rawValue: 4)
        public static let all: Access = [.make, .read, .write]
    }

    /// Nil stands for any.
    public struct Rule: Hashable, Sendable {
        public var allows: Bool
        /// A character or a block device.
        public var kind: FileKind?
        public var major: UInt32?
        public var minor: UInt32?
        public var access: Access

        public init(allows: Bool, kind: FileKind?, major: UInt32?, minor: UInt32?, access: Access) {
            self.allows = allows
            self.kind = kind
            self.major = major
            self.minor = minor
            self.access = access
        }

        /// Whether the rule speaks of all that there is.
        public var isOfEverything: Bool { kind == nil && major == nil && minor == nil && access == .all }
    }

    /// For each kind of access the last rule that speaks of it decides; what none speaks of is forbidden.
    public let rules: [Rule]

    public init(_ rules: [Rule]) { self.rules = rules }

    /// Whether nothing is forbidden.
    public var allowsEverything: Bool { rules.last.map { $0.allows && $0.isOfEverything } ?? false }

    /// Makes the rules hold in a group of version 2, and in those below it, for as long as it is there.
    /// - Returns: the program, which is attached whether that is closed or not.
    @discardableResult
    public func attach(to group: borrowing Descriptor) throws(SystemError) -> Descriptor {
        let program = program
        let loaded = Descriptor(
            owning: try system("load device filter", "of \(program.count) instructions") {
                varve_device_filter_load(program, program.count, nil, 0)
            })
        let (target, raw) = (group.raw, loaded.raw)
        try system("attach device filter", "to control group") { varve_device_filter_attach(target, raw) }
        return loaded
    }

    /// The number of an attached program, for ``detach(_:from:)``.
    public static func id(of program: borrowing Descriptor) throws(SystemError) -> UInt32 {
        let raw = program.raw
        var id: UInt32 = 0
        try system("look at", "device filter") { varve_device_filter_id(raw, &id) }
        return id
    }

    /// Takes a program off a group that stays. One that is gone counts as taken off.
    public static func detach(_ id: UInt32, from group: ControlGroup) throws(SystemError) {
        do throws(SystemError) {
            let directory = try group.open()
            let raw = directory.raw
            try system("detach device filter from", group.path.displayed) { varve_device_filter_detach(raw, id) }
        } catch {
            if error.errno != .noEntry { throw error }
        }
    }
}
