import Model
import Runtime

/// What is mounted in a container beside its root.
public struct StorageOptions: Sendable, Hashable {
    /// A container whose mounts are taken over, when this one is made.
    public struct Lender: Sendable, Hashable {
        public var container: String
        public var isReadOnly: Bool

        public init(container: String, isReadOnly: Bool) {
            self.container = container
            self.isReadOnly = isReadOnly
        }
    }

    /// In the order they were asked for.
    public var mounts: [StorageMount] = []
    /// Containers whose volumes this one has too; empty once it is made, when they are among the mounts.
    public var lenders: [Lender] = []
    /// Bytes of `/dev/shm`; nil for 64 MiB.
    public var shmSize: UInt64?

    public init() {}

    var json: JSON {
        ["mounts": .array(mounts.map(\.json)), "shmSize": shmSize.map { .integer($0) } ?? .null]
    }

    init?(json: JSON) {
        guard let mounts = json["mounts"]?.array else { return nil }
        self.mounts = mounts.compactMap(StorageMount.init(json:))
        if self.mounts.count != mounts.count { return nil }
        shmSize = json["shmSize"]?.integer.flatMap { UInt64(exactly: $0) }
    }

    /// Makes the start that `specification` describes go by these options, but for the mounts themselves
    /// (``Repository/volumeMounts(of:_:isLasting:)``): what they take the place of goes.
    func apply(to specification: inout Specification) throws {
        let taken = Set(mounts.map(\.destination))
        specification.mounts.removeAll { taken.contains($0.destination) }
        guard let shmSize else { return }
        for index in specification.mounts.indices where specification.mounts[index].destination == Self.sharedMemory {
            specification.mounts[index].options.removeAll { $0.hasPrefix("size=") }
            specification.mounts[index].options.append("size=\(shmSize)")
        }
    }

    private static let sharedMemory = BytePath(["dev", "shm"])
}
