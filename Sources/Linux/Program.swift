import CLinux
import Glibc

/// A program of the host that is run to its end: a plugin, a hook. No shell is between.
public struct Program: Sendable {
    /// Absolute; `PATH` is not searched.
    public var path: String
    /// The words that it gets, its own name first.
    public var arguments: [String]
    /// All of its environment: `NAME=value`.
    public var environment: [String]

    public init(_ path: String, arguments: [String], environment: [String]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// What a program leaves behind.
    public struct Outcome: Sendable {
        /// Its exit code, or 128 + the signal that ended it.
        public let status: Int32
        public let output: [UInt8]
        public let errors: [UInt8]
    }

    /// Runs it in a process group of its own, with default signals, and returns when it has ended. Signals to this
    /// process do not cut it short: what it does to the machine is done whole, or ended by the limits here.
    /// - Parameters:
    ///   - input: what it reads on standard input.
    ///   - lock: held by it and what it starts, too, as descriptor 3: where this process is killed, others know by it that
    ///     the program still runs.
    ///   - milliseconds: it and its group are killed after that long, and ETIMEDOUT is thrown.
    ///   - limit: bytes of standard output and of standard error; for more it is killed, and EFBIG is thrown.
    public func run(
        input: [UInt8] = [], holding lock: Int32? = nil, within milliseconds: Int, limit: Int = 1 << 20
    ) throws(SystemError) -> Outcome {
        let given = Descriptor(owning: try system("make input for", path) { varve_memory_file("varve-input") })
        try given.write(input)
        try system("rewind input for", path) { lseek(given.raw, 0, SEEK_SET) }
        let output = try Pipe()
        let errors = try Pipe()
        let process = try spawn([given.raw, output.writing.raw, errors.writing.raw] + (lock.map { [$0] } ?? []))
        var collected = Collected(limit: limit)
        do throws(SystemError) {
            try collected.follow(
                output.reading, errors.reading, until: process,
                deadline: ContinuousClock.now + .milliseconds(milliseconds))
        } catch {
            // The group is there until its leader is reaped; where it can't be killed it has ended.
            _ = kill(-process.pid, SIGKILL)
            _ = try process.wait()
            throw SystemError("run", path, error.errno)
        }
        return Outcome(status: try process.wait(), output: collected.texts[0], errors: collected.texts[1])
    }
}

/// A pipe whose writing end the program gets. Both stay open here: it is not the pipe's end that tells of the program's.
private struct Pipe: ~Copyable {
    let reading: Descriptor
    let writing: Descriptor

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try system("make pipe", "") { varve_pipe(&ends) }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
    }
}

extension Program {
    /// - Parameter descriptors: become 0, 1, 2 and so on.
    private func spawn(_ descriptors: [Int32]) throws(SystemError) -> ProcessHandle {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        varve_spawn_closing_from(&actions, Int32(descriptors.count))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, path, &actions, &attributes, argv, envp)
        guard failure == 0 else { throw SystemError("execute", path, Errno(rawValue: failure)) }
        do throws(SystemError) {
            let descriptor = try system("watch", path) { varve_pidfd_open(pid) }
            return ProcessHandle(pid: pid, owning: Descriptor(owning: descriptor))
        } catch {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
    }
}

/// What a program has written so far, of each of its two streams.
private struct Collected {
    let limit: Int
    var texts: [[UInt8]] = [[], []]

    /// Returns when the process has ended and what it wrote before is here; others may hold its pipes for longer.
    mutating func follow(
        _ output: borrowing Descriptor, _ errors: borrowing Descriptor, until process: borrowing ProcessHandle,
        deadline: ContinuousClock.Instant
    ) throws(SystemError) {
        let streams = [output.raw, errors.raw]
        for stream in streams { try system("prepare pipe", "") { fcntl(stream, F_SETFL, O_NONBLOCK) } }
        while true {
            // Asked before reading: what the process wrote was in the pipes then.
            let rest = ContinuousClock.now.duration(to: deadline)
            guard rest > .zero else { throw SystemError("wait", "", .timedOut) }
            let hasEnded = try Self.wait(for: streams + [process.descriptor.raw], within: rest)
            for (index, stream) in streams.enumerated() { try take(index, from: stream) }
            if hasEnded { return }
        }
    }

    /// - Returns: whether the last of the descriptors is readable.
    private static func wait(for descriptors: [Int32], within rest: Duration) throws(SystemError) -> Bool {
        var requests = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = rest.components.seconds * 1000 + rest.components.attoseconds / 1_000_000_000_000_000 + 1
        guard poll(&requests, nfds_t(requests.count), Int32(clamping: milliseconds)) >= 0 || errno == EINTR else {
            throw SystemError("wait", "", .last)
        }
        return requests[requests.count - 1].revents != 0
    }

    /// Reads what is there.
    private mutating func take(_ index: Int, from stream: Int32) throws(SystemError) {
        var chunk = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = read(stream, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return }
                throw SystemError("read", "", .last)
            }
            texts[index] += chunk[..<count]
            guard texts[index].count <= limit else { throw SystemError("read", "", Errno(rawValue: EFBIG)) }
        }
    }
}
