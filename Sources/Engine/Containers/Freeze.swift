import Linux
import Model

extension Repository {
    /// Where the container's control groups are.
    static func controlGroupPath(of container: Container) -> ControlGroupPath {
        .absolute(BytePath(["varve", ByteName(container.id)]))
    }

    /// The container's control groups that there are now.
    func controlGroups(of container: Container) throws(SystemError) -> ControlGroups {
        try ControlGroups.find(Self.controlGroupPath(of: container), in: ControlHierarchies.mounted())
    }

    /// Runs `body` while the container's processes stand still, and lets them go on whatever happens.
    func withFrozen<Result>(
        _ container: Container, _ state: ContainerState, if isWanted: Bool, _ body: () throws -> Result
    ) throws -> Result {
        guard isWanted, case .running = state.status else { return try body() }
        guard let groups = try frozenGroups(of: container, state.status) else { return try body() }
        let outcome = Swift.Result { try body() }
        try Self.thaw(groups)
        return try outcome.get()
    }

    /// A group that is gone, since all in it were killed, has nothing to let go.
    private static func thaw(_ groups: ControlGroups) throws(SystemError) {
        do throws(SystemError) { try groups.thaw() } catch {
            if error.errno != .noEntry && error.errno != .noDevice { throw error }
        }
    }

    /// Lets a container go on whose processes a commit froze that was killed then. Only the holder of the container's
    /// lock freezes, so for whoever has just got the lock a freeze is an abandoned one.
    func endAbandonedFreeze(of container: Container) throws {
        if try isRunning(container) { try thawIfFrozen(container) }
    }

    /// Lets a container go on, whoever froze it. The caller has its lock.
    func thawIfFrozen(_ container: Container) throws {
        let groups = try controlGroups(of: container)
        if !groups.isEmpty { try Self.thaw(groups) }
    }

    /// Kills all that is in the container's control groups.
    func killGroup(of container: Container) throws {
        let groups = try controlGroups(of: container)
        try groups.kill()
        try groups.waitUntilEmpty(within: 10_000)
    }

    /// Ends what a killed varve left of the container, and its control groups. The caller has ``claimRunning(_:)``.
    func endLeftovers(of container: Container) throws {
        try controlGroups(of: container).end()
    }

    /// Nil where the container has just ended.
    private func frozenGroups(of container: Container, _ status: ContainerState.Status) throws -> ControlGroups? {
        do throws(SystemError) {
            let groups = try controlGroups(of: container)
            try groups.freeze()
            return groups
        } catch {
            if case .running(let pid) = status, try !Files.exists(KernelPath("/proc/\(pid)")) { return nil }
            throw EngineError.refused(
                "freeze", subject: container.name, reason: "\(error); --no-pause captures it while it runs")
        }
    }
}
