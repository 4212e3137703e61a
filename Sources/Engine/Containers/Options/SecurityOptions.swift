import Model
import Runtime

/// What a container's processes may do: capabilities, system calls, labels, user namespace.
public struct SecurityOptions: Sendable, Hashable {
    public init() {}

    var json: JSON { [:] }

    init?(json: JSON) {}

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {}
}
