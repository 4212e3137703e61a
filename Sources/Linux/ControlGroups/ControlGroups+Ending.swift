import Glibc
import Model

/// The end of a container's groups, whatever is in them: processes that fork without end, that are frozen, or that are in
/// groups below, which they made.
extension ControlGroups {
    /// Kills all processes, and removes the groups when these are gone.
    /// - Parameter milliseconds: throws ETIMEDOUT after that long.
    public func end(within milliseconds: Int = 10_000) throws(SystemError) {
        let deadline = Deadline(milliseconds)
        try kill(deadline)
        try remove(deadline)
    }

    /// Kills all processes; they may take a moment to be gone.
    public func kill() throws(SystemError) { try kill(Deadline(10_000)) }

    private func kill(_ deadline: Deadline) throws(SystemError) {
        for group in groups {
            if group.version == .two, try group.killAtOnce() { continue }
            try group.killOneByOne(standingStillBy: self, deadline)
        }
    }

    /// Returns when no process is left in any of the groups.
    /// - Parameter milliseconds: throws ETIMEDOUT after that long; -1 waits without end.
    public func waitUntilEmpty(within milliseconds: Int = -1) throws(SystemError) {
        try waitUntilEmpty(Deadline(milliseconds))
    }

    private func waitUntilEmpty(_ deadline: Deadline) throws(SystemError) {
        for group in groups { try group.waitUntilEmpty(deadline) }
    }

    /// Removes the groups with those below them, and leaves those above. What is gone already counts as removed.
    /// - Throws: EBUSY where a process is in one of them.
    public func remove() throws(SystemError) { try remove(Deadline(0)) }

    private func remove(_ deadline: Deadline) throws(SystemError) {
        var pause: UInt32 = 20
        while true {
            do throws(SystemError) {
                for group in groups.reversed() { try group.removeTree() }
                return
            } catch {
                // A process that has been killed leaves its group a moment after it can be waited for.
                if error.errno != .busy || deadline.hasPassed { throw error }
            }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
    }
}

extension ControlGroup {
    /// False where the kernel does not offer it (before 5.14). It reaches processes that are just being forked.
    fileprivate func killAtOnce() throws(SystemError) -> Bool {
        do throws(SystemError) {
            try write("1", to: "cgroup.kill")
            return true
        } catch {
            switch error.errno {
            case .noDevice: return true
            // The group is gone, or the file was never there.
            case .noEntry: return try !exists()
            default: throw error
            }
        }
    }

    /// What stands still neither forks nor ends, so that all are met and no number can be another process's by then. On
    /// version 1 they die only once they are thawed.
    fileprivate func killOneByOne(standingStillBy groups: ControlGroups, _ deadline: Deadline) throws(SystemError) {
        var pause: UInt32 = 20
        while try isPopulated() {
            // Where it can't be done, what was forked meanwhile is met in the next turn.
            do throws(SystemError) { try groups.freeze(within: 1000) } catch {}
            for process in try processes() { Glibc.kill(process, SIGKILL) }
            do throws(SystemError) { try groups.thaw() } catch {
                if error.errno != .noEntry && error.errno != .noDevice { throw error }
            }
            guard !deadline.hasPassed else { throw SystemError("kill processes of", path.displayed, .timedOut) }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
    }

    fileprivate func waitUntilEmpty(_ deadline: Deadline) throws(SystemError) {
        do throws(SystemError) {
            if version == .two { return try wait(for: "populated 0", Int(deadline.left)) }
        } catch {
            if error.errno == .noEntry || error.errno == .noDevice { return }
            throw error
        }
        var pause: UInt32 = 20
        while try isPopulated() {
            guard !deadline.hasPassed else { throw SystemError("wait for end of", path.displayed, .timedOut) }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
    }
}
