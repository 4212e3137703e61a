import Glibc
import Linux
import Runtime

extension Containers {
    /// Sends a signal to the container's first process (runtime.md, "Kill").
    /// - Parameter all: to every process of its control groups instead; that there is none is fine then.
    public func kill(_ id: ContainerID, signal: Int32, all: Bool = false) throws {
        let container = try look(at: id)
        if all { return try container.controlGroups().send(signal: signal) }
        guard container.status.isAlive, let process = try container.record.process?.open() else {
            throw OCIError.notRunning("kill container", id)
        }
        try process.send(signal: signal)
        // A frozen process of version 1 dies only when it is thawed.
        if container.status == .paused, signal == SIGKILL { try container.controlGroups().thaw() }
    }
}

extension ContainerStatus {
    /// Whether there is a first process that signals can be sent to.
    var isAlive: Bool { [.created, .running, .paused].contains(self) }
}

extension ControlGroups {
    fileprivate func send(signal: Int32) throws(SystemError) {
        if signal == SIGKILL { return try kill() }
        for pid in try processes() {
            let process: ProcessHandle
            do throws(SystemError) { process = try ProcessHandle.open(pid) } catch {
                if error.errno == .noSuchProcess { continue }
                throw error
            }
            // By now the number may have been another process's: one that is not in the groups.
            if try processes().contains(pid) { try process.send(signal: signal) }
        }
    }
}
