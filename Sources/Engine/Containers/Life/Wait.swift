import Glibc
import Linux
import Model

extension Repository {
    /// Returns when the container's run has ended and that is on record, with its exit code. Of one that does not run it is
    /// that of the last run; 0 where there was none.
    public func wait(for container: Container) throws -> Int32 {
        guard let run = try observe(container) else {
            switch try stateIfPresent(of: container)?.status {
            case .exited(let code), .restarting(let code): return code
            case .created, .running, nil: return 0
            }
        }
        guard run.hasProcess else { return try lastCode(of: container) }
        let changes = try RunWatch(run, directory: files(of: container.id).directory)
        while true {
            // Looked at after the watch was set up and before it is waited for: no change is missed.
            if let end = try changes.run.end(), try isRecorded(changes.run) { return end.code }
            if try changes.run.keeper.hasEnded() { return try changes.run.end()?.code ?? 137 }
            try changes.wait()
        }
    }

    private func lastCode(of container: Container) throws -> Int32 {
        if case .restarting(let code) = try state(of: container).status { return code }
        return 0
    }

    /// Whether the state tells of the run's end. Until then the container can't be removed or started.
    private func isRecorded(_ run: borrowing ObservedRun) throws -> Bool {
        guard let state = try storedState(of: run.container.id) else { return false }
        if case .restarting = state.status { return true }
        return state.life.run != run.run
    }
}

extension ObservedRun {
    var hasProcess: Bool {
        switch process {
        case .some: true
        case .none: false
        }
    }
}
