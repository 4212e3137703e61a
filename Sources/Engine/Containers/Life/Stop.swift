import Glibc
import Linux
import Model

extension Repository {
    /// Asks containers to end, all at once, kills those that do not in time, and returns when none of them runs and that is on
    /// record. One that does not run is left as it is.
    /// - Parameters:
    ///   - timeout: seconds until KILL, -1 for none; nil for each container's own.
    ///   - signal: in place of each container's own.
    /// - Returns: of each container that could not be ended, why.
    public func stop(_ containers: [Container], timeout: Int64? = nil, signal: Int32? = nil) -> [(Container, any Error)]
    {
        var failures: [(Container, any Error)] = []
        var runs: [StoppingRun] = []
        for container in containers {
            let seconds = timeout ?? container.configuration.lifecycle.stopTimeout
            do {
                guard let run = try askToEnd(container, signal ?? stopSignal(of: container)) else { continue }
                runs.append(StoppingRun(run, within: seconds))
            } catch { failures.append((container, error)) }
        }
        for run in runs {
            do { try run.await(in: self) } catch { failures.append((run.container, error)) }
        }
        return failures
    }

    /// Ends a container at once, and returns when that is on record.
    public func end(_ container: Container) throws {
        guard let run = try askToEnd(container, SIGKILL) else { return }
        try StoppingRun(run, within: 0).await(in: self)
    }

    /// Sends the container's first process a signal. One that asks it to end keeps its restart policy from starting it again, be it
    /// that there is no process now, as Docker has it.
    public func kill(_ container: Container, signal: Int32) throws {
        let ends = [SIGKILL, SIGTERM, stopSignal(of: container)].contains(signal)
        guard let run = try observe(container) else { throw EngineError.containerNotRunning(container.name) }
        guard run.hasProcess else {
            if ends { return try end(container) }
            throw EngineError.refused(
                "kill", subject: container.name, reason: "it is restarting, so there is no process to take the signal")
        }
        // Before the signal: whoever records the end it brings about looks at this.
        let isOnRecord = try !ends || setStopAsked(container)
        _ = try run.send(signal)
        if !isOnRecord { try run.keeper.send(signal: SIGTERM) }
        record(.kill, of: container, [.init("signal", "\(signal)")])
        if ends { try letGo(container) }
        if signal == SIGKILL { try StoppingRun(run, within: 0).await(in: self) }
    }

    /// Nil where it does not run.
    private func askToEnd(_ container: Container, _ signal: Int32) throws -> ObservedRun? {
        try settle(container)
        guard try state(of: container).status.isAlive else { return nil }
        // Before the signal: whoever records the end it brings about looks at this.
        let isOnRecord = try setStopAsked(container)
        guard let run = try observe(container) else { return nil }
        record(.kill, of: container, [.init("signal", "\(signal)")])
        // A keeper that is told to end starts nothing again either.
        if try !run.send(signal) || !isOnRecord { try run.keeper.send(signal: SIGTERM) }
        try letGo(container)
        return run
    }

    /// - Returns: false where there is no room to put it on record: what has filled the disk must be possible to end.
    private func setStopAsked(_ container: Container) throws -> Bool {
        do {
            try changeState(of: container.id) { state in
                if state.status.isAlive { state.life.isStopAsked = true }
            }
        } catch let error as SystemError where error.isWantOfRoom { return false }
        return true
    }

    /// A frozen container takes no signal but KILL.
    private func letGo(_ container: Container) throws { try withLock(container) { try thawIfFrozen(container) } }
}

extension ObservedRun {
    /// - Returns: false where there is no process.
    func send(_ signal: Int32) throws(SystemError) -> Bool {
        switch process {
        case .some(let process):
            try process.send(signal: signal)
            return true
        case .none: return false
        }
    }
}

/// A run that was asked to end.
private final class StoppingRun {
    private let run: ObservedRun
    /// When it is killed; nil for never.
    private let deadline: ContinuousClock.Instant?

    var container: Container { run.container }

    init(_ run: consuming ObservedRun, within seconds: Int64) {
        self.run = run
        deadline = seconds < 0 ? nil : ContinuousClock.now.advanced(by: .seconds(seconds))
    }

    /// How long after KILL the end may take to be noticed before whoever watches the container is taken to hang.
    private static let patience = Duration.seconds(10)
    /// How often it is looked whether it was.
    private static let look = Duration.milliseconds(20)

    func await(in repository: Repository) throws {
        if try run.keeper.waitForEnd(until: deadline) { return try repository.settle(container) }
        _ = try run.send(SIGKILL)
        if try !isEndNoticed() { try run.keeper.send(signal: SIGKILL) }
        // Who has noticed the end cleans up: to be killed at that would leave a container that is half removed, say.
        _ = try run.keeper.waitForEnd(until: nil)
        try repository.settle(container)
    }

    private func isEndNoticed() throws -> Bool {
        let limit = ContinuousClock.now.advanced(by: Self.patience)
        while ContinuousClock.now < limit {
            if try run.hasProcess && run.end() != nil { return true }
            if try run.keeper.waitForEnd(until: min(limit, ContinuousClock.now.advanced(by: Self.look))) { return true }
        }
        return false
    }
}
