import Linux

extension Containers {
    /// Stops all processes of a container, and returns when they have stopped.
    public func pause(_ id: ContainerID) throws {
        let container = try hold(id, to: "pause container")
        switch try status(of: container) {
        case .created, .running: try container.controlGroups().freeze()
        case .paused: throw OCIError(.wrongState, "pause container", id.text, "container already paused")
        case .creating, .stopped: throw OCIError.notRunning("pause container", id)
        }
    }

    /// Lets them go on.
    public func resume(_ id: ContainerID) throws {
        let container = try hold(id, to: "resume container")
        guard try status(of: container) == .paused else {
            throw OCIError(.wrongState, "resume container", id.text, "container not paused")
        }
        try container.controlGroups().thaw()
    }
}
