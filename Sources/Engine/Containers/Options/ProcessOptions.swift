import Model
import Runtime

/// What goes with a container's processes: groups, limits (setrlimit(2)), kernel parameters, labels.
public struct ProcessOptions: Sendable, Hashable {
    public init() {}

    var json: JSON { [:] }

    init?(json: JSON) {}

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {}
}
