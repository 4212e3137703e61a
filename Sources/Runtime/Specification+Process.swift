import Linux
import Model

extension Specification {
    /// The `process` section.
    public struct Process: Hashable, Sendable {
        /// The program and its arguments. A program without a slash is looked for in the `PATH` of `environment`.
        public var arguments: [ByteName]
        /// `NAME=value`, as the program gets it.
        public var environment: [ByteName]
        public var workingDirectory: BytePath
        public var user: User
        public var hasTerminal: Bool
        /// Of the terminal, where there is one.
        public var consoleSize: TerminalSize?
        public var capabilities: Capabilities
        public var limits: [Limit]
        public var noNewPrivileges: Bool
        /// How much rather than others the process is ended when memory is short, -1000 to 1000 (proc(5)); nil leaves the
        /// caller's.
        public var oomScoreAdjustment: Int?
        /// The name of a profile that is loaded.
        public var apparmorProfile: String?
        /// SELinux's context of the process.
        public var selinuxLabel: String?
        public var scheduler: Scheduler?
        public var ioPriority: IOPriority?

        public init(
            arguments: [ByteName], environment: [ByteName] = [], workingDirectory: BytePath = .root,
            user: User = User(), hasTerminal: Bool = false, consoleSize: TerminalSize? = nil,
            capabilities: Capabilities = Capabilities(), limits: [Limit] = [], noNewPrivileges: Bool = false
        ) {
            self.arguments = arguments
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.user = user
            self.hasTerminal = hasTerminal
            self.consoleSize = consoleSize
            self.capabilities = capabilities
            self.limits = limits
            self.noNewPrivileges = noNewPrivileges
        }
    }

    /// Who the process is.
    public struct User: Hashable, Sendable {
        public var uid: UInt32
        public var gid: UInt32
        public var additionalGroups: [UInt32]
        public var umask: UInt32

        public init(uid: UInt32 = 0, gid: UInt32 = 0, additionalGroups: [UInt32] = [], umask: UInt32 = 0o022) {
            self.uid = uid
            self.gid = gid
            self.additionalGroups = additionalGroups
            self.umask = umask
        }
    }

    /// The five sets of capabilities(7).
    public struct Capabilities: Hashable, Sendable {
        public var bounding: CapabilitySet
        public var effective: CapabilitySet
        public var permitted: CapabilitySet
        public var inheritable: CapabilitySet
        public var ambient: CapabilitySet

        public init(
            bounding: CapabilitySet = [], effective: CapabilitySet = [], permitted: CapabilitySet = [],
            inheritable: CapabilitySet = [], ambient: CapabilitySet = []
        ) {
            self.bounding = bounding
            self.effective = effective
            self.permitted = permitted
            self.inheritable = inheritable
            self.ambient = ambient
        }

        /// The set as bounding, effective and permitted, as container engines give it.
        public init(_ set: CapabilitySet) { self.init(bounding: set, effective: set, permitted: set) }
    }

    /// One resource limit (setrlimit(2)); `UInt64.max` is none.
    public struct Limit: Hashable, Sendable {
        public var resource: Resource
        public var soft: UInt64
        public var hard: UInt64

        public init(_ resource: Resource, soft: UInt64, hard: UInt64) {
            self.resource = resource
            self.soft = soft
            self.hard = hard
        }
    }

    /// The limits of Linux; the raw value is the specification's name.
    public enum Resource: String, Hashable, Sendable, CaseIterable {
        case cpu = "RLIMIT_CPU"
        case fileSize = "RLIMIT_FSIZE"
        case data = "RLIMIT_DATA"
        case stack = "RLIMIT_STACK"
        case core = "RLIMIT_CORE"
        case residentSet = "RLIMIT_RSS"
        case processes = "RLIMIT_NPROC"
        case openFiles = "RLIMIT_NOFILE"
        case lockedMemory = "RLIMIT_MEMLOCK"
        case addressSpace = "RLIMIT_AS"
        case locks = "RLIMIT_LOCKS"
        case pendingSignals = "RLIMIT_SIGPENDING"
        case messageQueues = "RLIMIT_MSGQUEUE"
        case nice = "RLIMIT_NICE"
        case realtimePriority = "RLIMIT_RTPRIO"
        case realtimeTime = "RLIMIT_RTTIME"

        /// The kernel's number: they stand above in its order (asm-generic/resource.h).
        var number: Int32 { Int32(Resource.allCases.firstIndex(of: self) ?? 0) }
    }
}
