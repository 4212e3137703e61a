import Linux
import Model

extension Repository {
    /// Makes all processes of a running container stand still until ``unpause(_:)``.
    public func pause(_ container: Container) throws {
        try withLock(container) {
            let state = try requireRunning(container)
            guard !state.isPaused else { throw EngineError.containerPaused(container.name) }
            do throws(SystemError) { try controlGroups(of: container).freeze() } catch {
                throw EngineError.refused("pause", subject: container.name, reason: "\(error)")
            }
            try changeState(of: container.id) { $0.life.pausedRun = $0.life.run }
        }
        record(.pause, of: container)
    }

    /// Lets a paused container go on.
    public func unpause(_ container: Container) throws {
        try withLock(container) {
            guard try requireRunning(container).isPaused else {
                throw EngineError.refused("unpause", subject: container.name, reason: "it is not paused")
            }
            try thawIfFrozen(container)
        }
        record(.unpause, of: container)
    }

    func requireRunning(_ container: Container) throws -> ContainerState {
        let state = try state(of: container)
        guard case .running = state.status else { throw EngineError.containerNotRunning(container.name) }
        return state
    }
}
