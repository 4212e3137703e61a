import Linux
import Model
import ObjectStore

/// What `varve info` tells.
public struct RepositoryInfo: Sendable {
    public let root: String
    public let tags: Int
    public let containers: Int
    public let checkout: Repository.CheckoutChoice
    /// Why containers can't be kept on this filesystem; nil where they can.
    public let upperProblem: String?
    /// Where the version 2 hierarchy is mounted; nil where it is not.
    public let controlGroups: String?
    public let kernel: String
    public let libgit2: String
}

extension Repository {
    public func info() throws -> RepositoryInfo {
        RepositoryInfo(
            root: root, tags: try tags().count, containers: try containerNames().count, checkout: try checkoutChoice(),
            upperProblem: try place().upperProblem,
            controlGroups: try hierarchies().unified?.mountPoint.displayed, kernel: Self.kernelRelease(),
            libgit2: ObjectStore.libraryVersion)
    }

    /// The tag's moves, the newest first.
    public func reflog(_ tag: TagName) throws -> [ReflogEntry] {
        _ = try tagPosition(tag)
        return try store().reflog(tag.ref)
    }
}
