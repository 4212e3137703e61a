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
    /// - Parameter milliseconds: throws ETIMEDOUT after that long. Whoever has got hold of the process's descriptors from
    ///   within the container can keep the gate open.
    /// - Returns: false where nobody waits there.
    static func open(
        at path: String, for process: borrowing ProcessHandle, within milliseconds: Int32 = 10_000
    ) throws(SystemError) -> Bool {
        guard let gate = try open(path) else { return false }
        let signals = try SignalQueue.open([SIGPIPE])
        do throws(SystemError) { try gate.write([0]) } catch {
            // It ended just now.
            guard error.errno == Errno(rawValue: EPIPE) else { throw error }
            _ = try signals.next()
            return false
        }
        // With the last reader gone, the other end of a FIFO is in error (poll(2)).
        var requests = [
            pollfd(fd: gate.raw, events: 0, revents: 0),
            pollfd(fd: process.descriptor.raw, events: Int16(POLLIN), revents: 0),
        ]
        guard try system("wait for", "container", { poll(&requests, 2, milliseconds) }) > 0 else {
            throw SystemError("wait for", "container, whose gate somebody holds open", .timedOut)
        }
        try Files.remove(KernelPath(path))
        return true
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
