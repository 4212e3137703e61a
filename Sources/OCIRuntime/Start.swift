import Linux
import Runtime

extension Containers {
    /// Executes the program of a container that has been created (runtime.md, "Start"), and returns when it is executed.
    ///
    /// A hook that fails ends the container and takes it away.
    /// - Parameter warned: is told of what keeps nothing from being done.
    public func start(_ id: ContainerID, warned: (String) -> Void) throws {
        try start(try hold(id, to: "start container"), warned)
    }

    func start(_ container: HeldContainer, _ warned: (String) -> Void) throws {
        let id = container.id
        func refuse(_ why: String) -> OCIError { OCIError(.wrongState, "start container", id.text, why) }
        switch try status(of: container) {
        case .created: break
        case .running: throw refuse("cannot start an already running container")
        case .stopped: throw refuse("cannot start a container that has stopped")
        case .paused, .creating: throw refuse("cannot start a container in the \(try status(of: container)) state")
        }
        try orDestroying(container, warned) {
            guard let process = try container.record.process?.open() else {
                throw refuse("container process has ended")
            }
            if !container.specification.hooks.startContainer.isEmpty {
                var specification = container.specification
                // What is left out was told when the container was made.
                specification.process.capabilities = try specification.process.capabilities.granted(
                    in: specification.linux, warned: { _ in })
                try Runtime.runStartHooks(
                    of: specification, in: process, state: container.hookState(.created, process.pid),
                    seccompCache: filters)
            }
            guard try Gate.open(at: container.place.gate, for: process) else {
                throw refuse("container process has ended")
            }
            try Runtime.run(
                container.specification.hooks.poststart,
                state: container.hookState(.running, container.record.process?.pid ?? 0))
        }
    }
}
