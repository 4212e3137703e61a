import Glibc
import Linux
import Model

/// A container's first process, and what goes with it. Wait for it: a value that goes away unwaited leaves a zombie.
public struct RunningProcess: ~Copyable {
    public let process: ProcessHandle
    /// The terminal, where the specification asks for one.
    let terminal: ContainerTerminal?
    /// Copy the streams that are pipes in place of terminals.
    let relays: StreamRelays
    let groups: ContainerGroups
    /// What was made in the root to be mounted on: no change of the container's.
    public let madePaths: [MadePath]

    /// Why the container is in no control group of its own, where one was asked for: it can't be frozen then.
    public var controlGroupProblem: String? { groups.problem }

    /// The number of the device filter in a control group that was there before and stays (``DeviceFilter/detach(_:from:)``).
    public var deviceFilter: UInt32? { groups.deviceFilter }

    /// Stops all processes of the container and returns when they have stopped.
    public func freeze() throws(RuntimeError) {
        try groups.required("freeze") { groups throws(SystemError) in try groups.freeze() }
    }

    /// Ends ``freeze()``.
    public func thaw() throws(RuntimeError) {
        try groups.required("thaw") { groups throws(SystemError) in try groups.thaw() }
    }

    /// Gives the process up to a caller that waits for it and serves its terminal by itself. The control group is the
    /// caller's to remove.
    public consuming func release() throws(RuntimeError) -> ReleasedProcess {
        guard let terminal else { return ReleasedProcess(process: process, terminal: nil) }
        let sides = try doing("hand over", "terminal") { () throws(SystemError) in try terminal.sides.duplicate() }
        return ReleasedProcess(process: process, terminal: sides)
    }

    /// Kills the process and reaps it. The control groups are the caller's to remove.
    consuming func abandon() throws(RuntimeError) { try RunningProcess.abandon(process) }

    private static func abandon(_ process: consuming ProcessHandle) throws(RuntimeError) {
        do throws(SystemError) {
            try process.send(signal: SIGKILL)
            _ = try process.wait()
        } catch { throw RuntimeError("end container", "", error) }
    }

    /// Waits for the end: the exit code, or 128 + the signal that ended the process.
    public consuming func wait() throws(RuntimeError) -> Int32 {
        let groups = groups
        return try RunningProcess.finish(process, groups)
    }

    static func finish(
        _ process: consuming ProcessHandle, _ groups: ContainerGroups
    ) throws(RuntimeError) -> Int32 {
        let status: Int32
        do throws(SystemError) { status = try process.wait() } catch {
            throw RuntimeError("wait for container", "", error)
        }
        try groups.remove()
        return status
    }
}

/// What ``RunningProcess/release()`` gives up. Wait for the process, or it stays as a zombie.
@frozen public struct ReleasedProcess: ~Copyable {
    public let process: ProcessHandle
    /// Keep the inner side open too, so that the outer one goes on working when no process of the container has the terminal
    /// open for a while.
    public let terminal: PseudoTerminal?
}

/// Both sides of a container's terminal. The inner one stays open here, so that the outer one goes on working when
/// no process of the container has the terminal open for a while.
final class ContainerTerminal: Sendable {
    let sides: PseudoTerminal
    init(_ sides: consuming PseudoTerminal) { self.sides = sides }
}
