extension Specification {
    /// Limits of the container's control groups (config-linux.md, "Control groups"). Nil and empty leave what the kernel
    /// gives a new group.
    public struct Resources: Hashable, Sendable {
        /// The later ones count more. What none speaks of may not be opened, where there is any rule; where there is none,
        /// only the default devices, those of `devices`, and terminals may.
        public var devices: [DeviceRule] = []
        public var memory = Memory()
        public var cpu = CPU()
        /// How many tasks; -1 or 0 for any number.
        public var pids: Int64?
        public var blockIO = BlockIO()
        /// By page size: `2MB`.
        public var hugepages: [HugepageLimit] = []
        /// `net_cls.classid`, and by interface `net_prio.ifpriomap`.
        public var networkClass: UInt32?
        public var networkPriorities: [NetworkPriority] = []
        /// Files of a cgroup2 group and what is written to them.
        public var unified: [UnifiedFile] = []

        public init() {}
    }

    /// Whether devices may be opened and made.
    public struct DeviceRule: Hashable, Sendable {
        public enum Kind: String, Hashable, Sendable {
            case all = "a"
            case character = "c"
            case block = "b"
        }

        public var allows: Bool
        public var kind: Kind
        /// Nil for all.
        public var major: UInt32?
        public var minor: UInt32?
        /// Of `r`, `w` and `m` (mknod).
        public var access: Set<Access>

        public enum Access: String, Hashable, Sendable, CaseIterable {
            case read = "r"
            case write = "w"
            case make = "m"
        }

        public init(
            allows: Bool, kind: Kind = .all, major: UInt32? = nil, minor: UInt32? = nil,
            access: Set<Access> = Set(Access.allCases)
        ) {
            self.allows = allows
            self.kind = kind
            self.major = major
            self.minor = minor
            self.access = access
        }
    }

    public struct HugepageLimit: Hashable, Sendable {
        /// `2MB`, `1GB`.
        public var pageSize: String
        /// Bytes.
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }

    /// Of what goes out by one interface.
    public struct NetworkPriority: Hashable, Sendable {
        public var interface: String
        public var priority: UInt32

        public init(interface: String, priority: UInt32) {
            self.interface = interface
            self.priority = priority
        }
    }

    /// One file of a cgroup2 group (cgroup-v2.rst), and what is written to it.
    public struct UnifiedFile: Hashable, Sendable {
        public var file: String
        public var value: String

        public init(file: String, value: String) {
            self.file = file
            self.value = value
        }
    }

    /// Bytes; -1 for no limit.
    public struct Memory: Hashable, Sendable {
        public var limit: Int64?
        public var reservation: Int64?
        /// Memory and swap together.
        public var swap: Int64?
        /// 0 to 100.
        public var swappiness: UInt64?
        public var disablesOOMKiller = false
        public var usesHierarchy: Bool?

        public init() {}
    }

    public struct CPU: Hashable, Sendable {
        /// 2 to 262,144; 1,024 is what a new group has.
        public var shares: UInt64?
        /// Microseconds of `period` in which it may run; -1 for all.
        public var quota: Int64?
        public var period: UInt64?
        public var burst: UInt64?
        public var realtimeRuntime: Int64?
        public var realtimePeriod: UInt64?
        /// Lists such as `0-3,7`.
        public var cpus: String?
        public var mems: String?
        public var idle: Int64?

        public init() {}
    }

    public struct BlockIO: Hashable, Sendable {
        /// 10 to 1,000.
        public var weight: UInt16?
        public var leafWeight: UInt16?
        public var weightDevices: [WeightDevice] = []
        /// Bytes or operations a second.
        public var readBytes: [ThrottledDevice] = []
        public var writeBytes: [ThrottledDevice] = []
        public var readOperations: [ThrottledDevice] = []
        public var writeOperations: [ThrottledDevice] = []

        public init() {}

        public struct WeightDevice: Hashable, Sendable {
            public var major: UInt32
            public var minor: UInt32
            public var weight: UInt16?
            public var leafWeight: UInt16?

            public init(major: UInt32, minor: UInt32, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
                self.major = major
                self.minor = minor
                self.weight = weight
                self.leafWeight = leafWeight
            }
        }

        public struct ThrottledDevice: Hashable, Sendable {
            public var major: UInt32
            public var minor: UInt32
            public var rate: UInt64

            public init(major: UInt32, minor: UInt32, rate: UInt64) {
                self.major = major
                self.minor = minor
                self.rate = rate
            }
        }
    }
}
