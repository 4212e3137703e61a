import Linux
import Model
import ObjectStore

/// What there is to tell of a container beside what it was made with.
public struct InspectedContainer: Sendable {
    public let container: Container
    public let state: ContainerState
    /// The tag that `commit` moves.
    public let tag: TagName?
    /// Whether its processes stand still.
    public let isPaused: Bool
    /// Nil without a check.
    public let health: Health?
    public let attachments: [Attachment]
    /// Entry point and command, as they are executed.
    public let command: [String]
    /// Of every process, but for `HOME`.
    public let environment: [String]
    public let workingDirectory: String
    /// What the container is called inside.
    public let hostname: String
    /// As it is looked up in the container.
    public let user: String
    public let mounts: [InspectedMount]
    /// The directory with all that is the container's.
    public let directory: String
    /// What it has written; nil where that is not kept.
    public let log: String?
    /// What it was started by the last time, an OCI specification; nil before the first.
    public let specification: String?
    /// All options that it was made with, but with the limits and the restart policy of now.
    public let configuration: JSON
}

/// One thing that is mounted in a container.
public struct InspectedMount: Sendable {
    public let mount: StorageMount
    /// Where the host has it; nil for memory.
    public let source: String?
}

extension Repository {
    public func inspect(_ container: Container) throws -> InspectedContainer {
        let state = try state(of: container)
        let image = try imageConfiguration(of: state.checkout)
        let configuration = container.configuration
        let files = files(of: container.id)
        let environment = EnvironmentList(
            configuration, image, hostname: try container.hostname,
            hasTerminal: configuration.hasTerminal)
        let specification = "\(files.directory)/config.json"
        var effective = configuration
        effective.resources = state.resources ?? configuration.resources
        effective.lifecycle.restart = container.restartPolicy(in: state)
        return InspectedContainer(
            container: container, state: state, tag: try tag(of: container, state),
            isPaused: state.isPaused, health: try health(of: container),
            attachments: try attachments(of: container),
            command: Self.command(configuration, image), environment: environment.variables,
            workingDirectory: configuration.workingDirectory ?? image.workingDirectory ?? "/",
            hostname: try container.hostname, user: configuration.user ?? image.user ?? "",
            mounts: configuration.storage.mounts.map { InspectedMount(mount: $0, source: place(of: $0, container)) },
            directory: files.directory, log: configuration.lifecycle.log.isKept ? files.log : nil,
            specification: try Files.exists(KernelPath(specification)) ? specification : nil,
            configuration: effective.json)
    }

    /// Where the host has, or is to have, what is mounted.
    private func place(of mount: StorageMount, _ container: Container) -> String? {
        switch mount.source {
        case .path(let path): path
        case .volume(let name): files(ofVolume: name).data
        case .own(let number): "\(files(of: container.id).volumes)/\(number)"
        case .borrowed(let lender, let number): "\(files(of: lender).volumes)/\(number)"
        case .tmpfs: nil
        }
    }

    /// How many bytes the container's own files take on the disk, without volumes.
    public func writtenSize(of container: Container, _ state: ContainerState) throws -> UInt64 {
        try DiskSize.of(files(of: container.id).upper(state.upper))
    }

    /// Whether the container's files are those of a commit, with whatever was committed to them since.
    public func descends(_ state: ContainerState, from commit: ObjectID) throws -> Bool {
        try store().mergeBase(commit, state.base) == commit
    }
}
