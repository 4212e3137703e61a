import Glibc
import Linux
import Runtime

extension Containers {
    /// Takes a container that has stopped away, with all that was made for it (runtime.md, "Delete").
    /// - Parameters:
    ///   - isForced: one that has not stopped is killed; one that does not exist is fine.
    ///   - warned: is told of what keeps nothing from being done: a `poststop` hook that fails.
    public func delete(_ id: ContainerID, isForced: Bool, warned: (String) -> Void) throws {
        let container: HeldContainer
        do {
            if isForced { try kill(id) }
            container = try hold(id, to: "delete container")
        } catch let error as OCIError {
            if isForced, error.kind == .unknown { return }
            throw error
        }
        let status = try status(of: container)
        guard isForced || status == .stopped else {
            throw OCIError(
                .wrongState, "delete container", id.text,
                "cannot delete container that is not stopped: \(status.rawValue)",
                hint: "--force kills it first")
        }
        try destroy(container, warned)
    }

    /// Kills what runs of a container that has been made, without holding it: whoever does may be waiting for just that.
    private func kill(_ id: ContainerID) throws {
        let place = place(of: id)
        let (record, specification) = (try place.readRecord(), try place.readSpecification())
        guard record.isComplete, let process = try record.process?.open() else { return }
        try record.kill(process, specification)
        // Hooks may be there that nobody has given a limit of time.
        try record.controlGroups(specification, isMade: true).kill()
    }

    /// Ends all processes, removes the control groups, runs the `poststop` hooks and takes the directory away.
    func destroy(_ container: HeldContainer, _ warned: (String) -> Void) throws {
        if let process = try container.record.process?.open() {
            try container.record.kill(process, container.specification)
            guard try process.waitForEnd(within: 10_000) else {
                throw OCIError(.failed, "delete container", container.id.text, "container init still running")
            }
        }
        try container.endControlGroups()
        if container.record.process != nil {
            let state = container.hookState(.stopped, 0)
            for hook in container.specification.hooks.poststop {
                do { try hook.run(state: state) } catch { warned("\(error)") }
            }
        }
        try discard(container)
    }

    /// Does `body`; when it fails, the container is taken away.
    func orDestroying<Result: ~Copyable>(
        _ container: HeldContainer, _ warned: (String) -> Void, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch {
            do { try destroy(container, warned) } catch let further { warned("\(further)") }
            throw error
        }
    }
}

extension ContainerRecord {
    fileprivate func kill(_ process: borrowing ProcessHandle, _ specification: Specification) throws(SystemError) {
        try process.send(signal: SIGKILL)
        // A frozen process of version 1 does not end before it is let go.
        let groups = try controlGroups(specification)
        do throws(SystemError) { if try groups.isFrozen() { try groups.thaw() } } catch {
            // Somebody else has taken it away.
            if error.errno != .noEntry && error.errno != .noDevice { throw error }
        }
    }
}
