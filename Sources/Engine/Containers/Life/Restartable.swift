import Model

extension Repository {
    /// Whether something runs in the container, or is to run in it again.
    public func isAlive(_ container: Container) throws -> Bool {
        try settle(container)
        return try state(of: container).status.isAlive
    }

    /// The containers that do not run and that their restart policy wants to run after a boot.
    public func restartableContainers() throws -> [Container] {
        for container in try containers() {
            // One that can't be settled keeps no other from being started.
            do { try settle(container) } catch { warned("settle container: \(container.name): \(worded(error))") }
        }
        return try containerStates().filter { container, state in
            guard case .exited = state.status else { return false }
            return container.restartPolicy(in: state).startsAtBoot(isStopAsked: state.life.isStopAsked)
        }
        .map(\.container)
    }

    /// Whether the container's command can be a child of the command that waits for it: quicker, but nothing keeps its output,
    /// and nobody else can attach to it.
    public func canRunTied(_ container: Container) throws -> Bool {
        let configuration = container.configuration
        return configuration.lifecycle.isRemovedAtEnd && !configuration.hasTerminal
            && configuration.lifecycle.restart == .no && configuration.lifecycle.log == LogOptions()
            && !configuration.lifecycle.health.hasCheck
    }

    /// As ``remove(_:)``, of a container whose supervisor may have been killed.
    public func removeStopped(_ container: Container, keepingVolumes: Bool = false) throws {
        do { try settle(container) } catch EngineError.damagedContainer {}
        try remove(container, keepingVolumes: keepingVolumes)
    }

    /// As ``remove(_:)``, of a container that may have removed itself.
    public func removeIfPresent(_ container: Container) throws {
        do { try removeByForce(container) } catch EngineError.unknownContainer { return }
    }
}
