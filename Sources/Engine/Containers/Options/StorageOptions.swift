import Model
import Runtime

/// What is mounted in a container beside the volumes: tmpfs, `/dev/shm`, mounts in full.
public struct StorageOptions: Sendable, Hashable {
    public init() {}

    var json: JSON { [:] }

    init?(json: JSON) {}

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {}
}
