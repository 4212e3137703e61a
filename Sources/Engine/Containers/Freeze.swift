import Linux
import Model

extension Repository {
    /// The container's control group, below the version 2 hierarchy.
    static func controlGroupPath(of id: String) -> BytePath { BytePath(["varve", ByteName(id)]) }

    /// Runs `body` while the container's processes stand still, and lets them go on whatever happens.
    func withFrozen<Result>(
        _ container: Container, _ state: ContainerState, if isWanted: Bool, _ body: () throws -> Result
    ) throws -> Result {
        guard isWanted, case .running = state.status else { return try body() }
        guard let group = try Self.frozenGroup(of: container, state.status) else { return try body() }
        let outcome = Swift.Result { try body() }
        try Self.thaw(group)
        return try outcome.get()
    }

    /// A group that is gone, since all in it were killed, has nothing to let go.
    private static func thaw(_ group: borrowing ControlGroup) throws(SystemError) {
        do throws(SystemError) { try group.thaw() } catch {
            if error.errno != .noEntry && error.errno != .noDevice { throw error }
        }
    }

    /// Lets a container go on whose processes a commit froze that was killed then. Only the holder of the container's
    /// lock freezes, so for whoever has just got the lock a freeze is an abandoned one.
    func endAbandonedFreeze(of container: Container) throws {
        guard try isRunning(container), let group = try Self.group(of: container) else { return }
        try Self.thaw(group)
    }

    /// Lets a container go on, whoever froze it. The caller has its lock.
    func thawIfFrozen(_ container: Container) throws {
        guard let group = try Self.group(of: container) else { return }
        try Self.thaw(group)
    }

    /// Kills all that is in the container's control group.
    func killGroup(of container: Container) throws {
        guard let group = try Self.group(of: container) else { return }
        try group.kill()
        try group.waitUntilEmpty(within: 10_000)
    }

    /// Ends what a killed varve left of the container, and its control group. The caller has ``claimRunning(_:)``.
    func endLeftovers(of container: Container) throws {
        guard let group = try Self.group(of: container) else { return }
        try group.kill()
        try group.waitUntilEmpty(within: 10_000)
        try group.remove()
    }

    /// Nil where the container has none now.
    static func group(of container: Container) throws(SystemError) -> ControlGroup? {
        guard try ControlGroup.hierarchy() != nil else { return nil }
        do throws(SystemError) { return try ControlGroup.open(controlGroupPath(of: container.id)) } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
    }

    /// Nil where the container has just ended.
    private static func frozenGroup(
        of container: Container, _ status: ContainerState.Status
    ) throws -> ControlGroup? {
        do throws(SystemError) {
            let group = try ControlGroup.open(controlGroupPath(of: container.id))
            try group.freeze()
            return group
        } catch {
            if case .running(let pid) = status, try !Files.exists(KernelPath("/proc/\(pid)")) { return nil }
            throw EngineError.refused(
                "freeze", subject: container.name, reason: "\(error); --no-pause captures it while it runs")
        }
    }
}
