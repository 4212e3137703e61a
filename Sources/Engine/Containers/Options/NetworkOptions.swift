import Model
import Runtime

/// How a container is connected: network, published ports, names.
public struct NetworkOptions: Sendable, Hashable {
    public init() {}

    var json: JSON { [:] }

    init?(json: JSON) {}

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {}
}
