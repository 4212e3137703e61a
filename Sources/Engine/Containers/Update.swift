import Linux
import Model
import Runtime

extension Repository {
    /// Changes what a container may use, now where it runs, and at every later start.
    /// - Parameters:
    ///   - restart: when it is started again from now on; nil leaves that as it is.
    ///   - change: of what it may use so far; nil where that stays.
    public func update(
        _ container: Container, restart: RestartPolicy? = nil, _ change: ((inout ResourceOptions) throws -> Void)?
    ) throws {
        if let restart, restart != .no, container.configuration.lifecycle.isRemovedAtEnd {
            throw EngineError.refused(
                "update", subject: container.name,
                reason: "it is removed at its end (--rm), so it can't be started again")
        }
        try withLock(container) {
            let state = try state(of: container)
            var resources = state.resources ?? container.configuration.resources
            try change?(&resources)
            // Also where nothing differs from what is on record: an earlier change may have failed halfway.
            if case .running = state.status, change != nil {
                var limits = try resources.resources()
                // The rules for devices stay those of the start.
                limits.devices = []
                if try Runtime.update(limits, of: Self.controlGroupPath(of: container)).contains(.memory) {
                    warned(
                        "limit memory: \(container.name): what it holds already is not counted until it is started again: "
                            + "it was started without a limit")
                }
            }
            try changeState(of: container.id) { state in
                if change != nil { state.resources = resources }
                if let restart { state.restart = restart }
            }
        }
        record(.update, of: container)
    }
}
