import Model
import Runtime

/// What becomes of a container: its end, its restarts, its health, its log.
public struct LifecycleOptions: Sendable, Hashable {
    public init() {}

    var json: JSON { [:] }

    init?(json: JSON) {}

    /// Makes the start that `specification` describes go by these options.
    func apply(to specification: inout Specification) throws {}
}
