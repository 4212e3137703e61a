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
    let group: OptionalControlGroup
    /// What was made in the root to be mounted on: no change of the container's.
    public let madePaths: [MadePath]

    /// Why the container is in no control group of its own, where one was asked for: it can't be frozen then.
    public var controlGroupProblem: String? { group.problem }

    /// Stops all processes of the container and returns when they have stopped.
    public func freeze() throws(RuntimeError) {
        try group.required("freeze") { group throws(SystemError) in try group.freeze() }
    }

    /// Ends ``freeze()``.
    public func thaw() throws(RuntimeError) {
        try group.required("thaw") { group throws(SystemError) in try group.thaw() }
    }

    /// Gives the process up to a caller that waits for it and serves its terminal by itself. The control group is the
    /// caller's to remove.
    public consuming func release() throws(RuntimeError) -> ReleasedProcess {
        guard let terminal else { return ReleasedProcess(process: process, terminal: nil) }
        let sides = try doing("hand over", "terminal") { () throws(SystemError) in try terminal.sides.duplicate() }
        return ReleasedProcess(process: process, terminal: sides)
    }

    /// Waits for the end: the exit code, or 128 + the signal that ended the process.
    public consuming func wait() throws(RuntimeError) -> Int32 {
        let group = group
        return try RunningProcess.finish(process, group)
    }

    static func finish(
        _ process: consuming ProcessHandle, _ group: consuming OptionalControlGroup
    ) throws(RuntimeError) -> Int32 {
        let status: Int32
        do throws(SystemError) { status = try process.wait() } catch {
            throw RuntimeError("wait for container", "", error)
        }
        try group.remove()
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

/// The control group of a container, or why it has none.
struct OptionalControlGroup: ~Copyable {
    private let group: ControlGroup?
    /// Nil also when none was asked for.
    let problem: String?

    private init(group: consuming ControlGroup?, problem: String?) {
        self.group = group
        self.problem = problem
    }

    /// For a process that the group is not made for, nor removed with.
    static var none: OptionalControlGroup { OptionalControlGroup(group: nil, problem: nil) }

    /// Throws where the group is in use: whatever is in it would be killed at the container's end.
    static func open(_ path: BytePath?) throws(RuntimeError) -> OptionalControlGroup {
        guard let path else { return OptionalControlGroup(group: nil, problem: nil) }
        do throws(SystemError) {
            let group = try ControlGroup.make(path)
            if try !group.isPopulated() { return OptionalControlGroup(group: group, problem: nil) }
        } catch { return OptionalControlGroup(group: nil, problem: error.description) }
        throw RuntimeError(.failed, "use control group", path.displayed, "other processes are in it")
    }

    var raw: Int32 {
        switch group {
        case .some(let group): group.directory.raw
        case .none: -1
        }
    }

    func required(_ operation: String, _ body: (borrowing ControlGroup) throws(SystemError) -> Void)
        throws(RuntimeError)
    {
        switch group {
        case .some(let group):
            do throws(SystemError) { try body(group) } catch { throw RuntimeError(operation, "container", error) }
        case .none:
            throw RuntimeError(.failed, operation, "container", problem ?? "it has no control group")
        }
    }

    /// Ends whatever the container left and removes the group.
    func remove() throws(RuntimeError) {
        switch group {
        case .some(let group):
            do throws(SystemError) {
                try group.kill()
                try group.waitUntilEmpty(within: 10_000)
                try group.remove()
            } catch { throw RuntimeError("remove control group", "of container", error) }
        case .none: return
        }
    }
}
