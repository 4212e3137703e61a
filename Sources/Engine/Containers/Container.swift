import Linux
import Model

/// What a container was made with. Fixed from its creation on.
public struct ContainerConfiguration: Sendable, Hashable {
    /// In place of the image's own entry point, whose command is not used then; empty for none.
    public var entrypoint: [String]?
    /// Empty where the image's own command is to run.
    public var command: [String] = []
    /// `NAME=value`.
    public var environment: [String] = []
    public var workingDirectory: String?
    /// `name|uid[:group|gid]`.
    public var user: String?
    /// The signal that asks the container to end, as the image writes it; nil for TERM.
    public var stopSignal: String?
    public var hostname: HostName?
    public var isReadOnly = false
    public var hasTerminal = false
    public var isInteractive = false
    public var security = SecurityOptions()
    public var resources = ResourceOptions()
    public var process = ProcessOptions()
    public var connection = NetworkOptions()
    public var storage = StorageOptions()
    public var lifecycle = LifecycleOptions()

    public init() {}
}

/// A container: a working tree on a commit, and perhaps a process in it.
public struct Container: Sendable, Hashable {
    /// 64 hexadecimal digits.
    public let id: String
    public let name: String
    /// The tag that it was made from, where it was made from a bare tag.
    public let tag: TagName?
    /// As the container was started on: `debian:12~1`.
    public let revision: String
    /// Seconds since 1970.
    public let created: Int64
    public let configuration: ContainerConfiguration

    public var shortID: String { String(id.prefix(12)) }
}

/// What changes in a container's life.
public struct ContainerState: Sendable, Hashable {
    public enum Status: Sendable, Hashable {
        case created
        /// Its first process.
        case running(ProcessIdentity)
        /// Ended with this code, and about to be started again by its restart policy.
        case restarting(code: Int32)
        case exited(code: Int32)
    }

    /// The commit that `status`, `diff` and `commit` compare with.
    public var base: ObjectID
    /// The commit that the upper directory lies on.
    public var checkout: ObjectID
    /// Which upper directory is in use: `upper.N` and `work.N`.
    public var upper: Int
    /// What was made in the upper directory only to mount something on it.
    public var mountPoints: Set<BytePath> = []
    /// The tags that the container was committed to, the last one last.
    public var tags: [TagName] = []
    public var status = Status.created
    /// Seconds since 1970.
    public var started: Int64?
    public var finished: Int64?
    public var life = ContainerLife()
    /// What the container may use, once that was changed; nil for what it was made with.
    public var resources: ResourceOptions?
    /// When it is started again, once that was changed; nil for as it was made.
    public var restart: RestartPolicy?

    /// Whether somebody made the container's processes stand still.
    public var isPaused: Bool {
        if case .running = status { life.pausedRun == life.run } else { false }
    }
}

/// What is known of a container's runs beside its status.
public struct ContainerLife: Sendable, Hashable {
    /// How many runs there were. The present or last one has this number.
    public var run: UInt64 = 0
    /// The process that watches the container, while one does.
    public var keeper: ProcessIdentity?
    /// The boot of the machine that the keeper and the first process belong to.
    public var boot = ""
    /// The signal that ended the last run.
    public var signal: Int32?
    /// Whether the kernel killed a process of the last run for want of memory.
    public var isOutOfMemory = false
    /// Why a start by the restart policy failed.
    public var failure: String?
    /// How often the restart policy started the container since somebody did.
    public var restarts: Int64 = 0
    /// Milliseconds before the last of these starts.
    public var delay: Int64 = 0
    /// The run that was paused, if it is the present one.
    public var pausedRun: UInt64?
    /// Whether somebody asked for the end: no policy starts the container again then.
    public var isStopAsked = false

    public init() {}

    var json: JSON {
        [
            "run": .integer(Int64(run)), "keeper": keeper.map { .integer($0.pid) } ?? .null,
            "keeperStartTime": keeper.map { .integer(Int64(clamping: $0.startTime)) } ?? .null, "boot": .string(boot),
            "signal": signal.map { .integer($0) } ?? .null, "outOfMemory": .bool(isOutOfMemory),
            "failure": failure.map { .string($0) } ?? .null, "restarts": .integer(restarts),
            "delay": .integer(delay), "stopAsked": .bool(isStopAsked),
            "pausedRun": pausedRun.map { .integer($0) } ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let run = json["run"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let isOutOfMemory = json["outOfMemory"]?.bool, let restarts = json["restarts"]?.integer,
            let delay = json["delay"]?.integer, let isStopAsked = json["stopAsked"]?.bool
        else { return nil }
        self.run = run
        keeper = ProcessIdentity(pid: json["keeper"], startTime: json["keeperStartTime"])
        boot = json["boot"]?.string ?? ""
        signal = json["signal"]?.integer.flatMap { Int32(exactly: $0) }
        failure = json["failure"]?.string
        pausedRun = json["pausedRun"]?.integer.flatMap { UInt64(exactly: $0) }
        (self.isOutOfMemory, self.restarts) = (isOutOfMemory, restarts)
        (self.delay, self.isStopAsked) = (delay, isStopAsked)
    }
}

extension ProcessIdentity {
    /// - Parameter startTime: of a state that does not tell it, no process is the one that is meant.
    init?(pid: JSON?, startTime: JSON?) {
        guard let pid = pid?.integer.flatMap({ Int32(exactly: $0) }) else { return nil }
        self.init(pid: pid, startTime: startTime?.integer.flatMap { UInt64(exactly: $0) } ?? 0)
    }
}
