import Model
import Runtime

/// What a container may use of the machine: memory, processors, processes, disks, devices.
public struct ResourceOptions: Sendable, Hashable {
    public init() {}

    var json: JSON { [:] }

    init?(json: JSON) {}

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {}
}
