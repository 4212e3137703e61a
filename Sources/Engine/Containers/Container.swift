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
    public var hostname: String?
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
        case running(pid: Int32)
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
}
