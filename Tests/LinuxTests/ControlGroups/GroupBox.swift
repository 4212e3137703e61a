import Glibc
import Linux
import Model
import Testbed
import Testing

/// Control groups of one test, ended when the value goes away.
final class GroupBox {
    let groups: ControlGroups
    let path: ControlGroupPath

    init(_ controllers: Set<ControlGroup.Controller> = [], in hierarchies: ControlHierarchies) throws {
        path = .absolute(
            BytePath(["varve-test", ByteName("group-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")]))
        groups = try ControlGroups.make(path, with: controllers, in: hierarchies).all
    }

    deinit { try? groups.end(within: 60_000) }

    /// Starts a shell that moves itself into all groups and then runs `script`.
    /// - Returns: its pid, once it has said with a line that it is so far.
    func start(_ script: String) throws -> Int32 {
        let pipe = try ReadyPipe()
        let moves = groups.groups.map { "echo $$ >\($0.path.displayed)/cgroup.procs" }.joined(separator: "\n")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe.writer.raw, 9)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        let words = ["sh", "-c", "set -e\n\(moves)\necho >&9\nexec 9>&-\nset +e\n\(script)"]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, "sh", &actions, nil, arguments, environ)
        guard failure == 0 else { throw SystemError("start", "sh", Errno(rawValue: failure)) }
        try pipe.wait()
        return pid
    }

    /// Looks again and again; fails where nothing happens for a minute.
    static func wait(until condition: () throws -> Bool) throws {
        for _ in 0..<60_000 {
            if try condition() { return }
            usleep(1000)
        }
        throw SystemError("wait", "", .timedOut)
    }

    /// The signal that ended a process that ``start(_:)`` gave, or 0.
    static func signal(thatEnded pid: Int32) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f
    }
}

/// A pipe on which another process says once that it is so far.
private struct ReadyPipe: ~Copyable {
    let reader: Descriptor
    let writer: Descriptor

    init() throws {
        var ends: [Int32] = [-1, -1]
        try system("make pipe", "") { pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reader = Descriptor(owning: ends[0])
        writer = Descriptor(owning: ends[1])
    }

    consuming func wait() throws {
        var byte: UInt8 = 0
        let raw = reader.raw
        _ = consume writer
        guard try system("wait", "", { read(raw, &byte, 1) }) == 1 else {
            throw SystemError("start", "process in control group", .noSuchProcess)
        }
    }
}
