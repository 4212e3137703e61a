import Linux
import Model

extension Repository {
    /// Where the container's control groups are.
    static func controlGroupPath(of container: Container) -> ControlGroupPath {
        let parent = container.configuration.resources.controlGroupParent ?? BytePath(["varve"])
        return .absolute(parent.appending(ByteName(container.id)))
    }

    /// The container's control groups that there are now.
    func controlGroups(of container: Container) throws(SystemError) -> ControlGroups {
        try ControlGroups.find(Self.controlGroupPath(of: container), in: hierarchies())
    }

    /// Runs `body` while the container's processes stand still, and lets them go on whatever happens, be it that this process
    /// is killed. A container that is paused stays so.
    /// - Parameter lock: the container's.
    func withFrozen<Result>(
        _ container: Container, _ state: ContainerState, if isWanted: Bool, holding lock: borrowing FileLock,
        _ body: () throws -> Result
    ) throws -> Result {
        guard isWanted, case .running = state.status, !state.isPaused else { return try body() }
        guard let groups = try frozenGroups(of: container, state.status, holding: lock) else { return try body() }
        let outcome = Swift.Result { try body() }
        try Self.thaw(groups.groups)
        // Only now, since it has nothing to do any more.
        withExtendedLifetime(groups.guardian) {}
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
        guard try isRunning(container) else { return }
        do {
            // Only what is said to run is ever frozen.
            guard let state = try storedState(of: container.id), case .running = state.status, !state.isPaused else {
                return
            }
        } catch EngineError.damagedContainer {
            // Where nobody can read that it is to stand still, it is not.
        }
        let groups = try controlGroups(of: container)
        if !groups.isEmpty { try Self.thaw(groups) }
    }

    /// Lets a container go on, whoever made it stand still. The caller has its lock.
    func thawIfFrozen(_ container: Container) throws {
        // First: a freeze that nobody is said to want, whoever gets the lock next ends.
        if try storedState(of: container.id)?.life.pausedRun != nil {
            try changeState(of: container.id) { $0.life.pausedRun = nil }
        }
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
    private func frozenGroups(
        of container: Container, _ status: ContainerState.Status, holding lock: borrowing FileLock
    ) throws -> (groups: ControlGroups, guardian: Guardian?)? {
        do throws(SystemError) {
            let groups = try controlGroups(of: container)
            let guardian = try groups.thawing.map { thawing throws(SystemError) in
                try Guardian(thawing: thawing, holding: lock)
            }
            try groups.freeze()
            return (groups, guardian)
        } catch {
            if case .running(let first) = status, try !first.isAlive() { return nil }
            throw EngineError.refused(
                "freeze", subject: container.name, reason: "\(error); --no-pause captures it while it runs")
        }
    }
}
