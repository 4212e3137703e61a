import Glibc
import Linux

/// The FIFO at which a created container waits. As long as it waits it is the only one that has the FIFO open for reading;
/// executing the program closes it.
enum Gate {
    /// Makes it, and opens it for the process that is to wait there: for both, so that nobody has to come first.
    static func make(_ path: String) throws(SystemError) -> Descriptor {
        try Files.makeNode(KernelPath(path), mode: UInt32(S_IFIFO) | 0o600)
        return try Files.open(KernelPath(path), flags: O_RDWR)
    }

    static func isWaiting(at path: String) throws(SystemError) -> Bool { try open(path) != nil }

    /// Lets the process go on, and returns when it executes its program or has ended. Nothing waits at the gate any more then.
    /// - Parameter milliseconds: throws ETIMEDOUT after that long: whoever has got hold of the gate from within the container
    ///   may have taken what was for the process.
    /// - Returns: false where nobody waits there.
    static func open(
        at path: String, for process: borrowing ProcessHandle, within milliseconds: Int = 10_000
    ) throws(SystemError) -> Bool {
        guard let gate = try open(path) else { return false }
        let waiting = try program(of: process)
        let signals = try SignalQueue.open([SIGPIPE])
        do throws(SystemError) { try gate.write([0]) } catch {
            // It ended just now.
            guard error.errno == Errno(rawValue: EPIPE) else { throw error }
            _ = try signals.next()
            return false
        }
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        while try !isLeft(gate, by: process), try program(of: process) == waiting {
            guard ContinuousClock.now < end else { throw SystemError("open gate of", "container", .timedOut) }
        }
        try Files.remove(KernelPath(path))
        return true
    }

    /// Waits a moment until nobody has the gate open for reading, or the process has ended.
    private static func isLeft(
        _ gate: borrowing Descriptor, by process: borrowing ProcessHandle
    ) throws(SystemError) -> Bool {
        // With the last reader gone, the other end of a FIFO is in error (poll(2)).
        var requests = [
            pollfd(fd: gate.raw, events: 0, revents: 0),
            pollfd(fd: process.descriptor.raw, events: Int16(POLLIN), revents: 0),
        ]
        return try system("wait for", "container") { poll(&requests, 2, 100) } > 0
    }

    /// The file that the process executes; nil where it has ended.
    private static func program(of process: borrowing ProcessHandle) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) { return try Files.readLink(KernelPath("/proc/\(process.pid)/exe")) } catch {
            if error.errno == .noEntry || error.errno == .noSuchProcess { return nil }
            throw error
        }
    }

    /// Nil where nobody has it open for reading (fifo(7)), or it is gone.
    private static func open(_ path: String) throws(SystemError) -> Descriptor? {
        do throws(SystemError) {
            return try Files.open(KernelPath(path), flags: O_WRONLY | O_NONBLOCK | O_NOFOLLOW)
        } catch {
            if error.errno == Errno(rawValue: ENXIO) || error.errno == .noEntry { return nil }
            throw error
        }
    }
}
