import Linux
import Model
import Runtime

extension Repository {
    /// Changes what a container may use, now where it runs, and at every later start.
    /// - Parameter change: of what it may use so far.
    public func update(_ container: Container, _ change: (inout ResourceOptions) throws -> Void) throws {
        try withLock(container) {
            let state = try state(of: container)
            var resources = state.resources ?? container.configuration.resources
            try change(&resources)
            if case .running = state.status {
                var limits = try resources.resources()
                // The rules for devices stay those of the start.
                limits.devices = []
                if try Runtime.update(limits, of: Self.controlGroupPath(of: container)).contains(.memory) {
                    warned(
                        "limit memory: \(container.name): what it holds already is not counted until it is started again: "
                            + "it was started without a limit")
                }
            }
            try changeState(of: container.id) { $0.resources = resources }
        }
        record(.update, of: container)
    }
}
