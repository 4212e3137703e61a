import CLinux
import Glibc

/// A child process by descriptor: it can't be mistaken for a later one with the same number (pidfd_open(2)).
public struct ProcessHandle: ~Copyable, Sendable {
    public let pid: Int32
    /// Becomes readable when the process ends.
    public let descriptor: Descriptor

    public init(pid: Int32, owning descriptor: consuming Descriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// A process that need not be a child; one that is not there is ESRCH.
    ///
    /// A number may go to another process at any time. Whoever has it from elsewhere has to make sure that it is still the one
    /// that is meant.
    public static func open(_ pid: Int32) throws(SystemError) -> ProcessHandle {
        ProcessHandle(
            pid: pid, owning: Descriptor(owning: try system("find", "process \(pid)") { varve_pidfd_open(pid) }))
    }

    /// As ``open(_:)``; nil where no process has the number.
    public static func openIfPresent(_ pid: Int32) throws(SystemError) -> ProcessHandle? {
        do throws(SystemError) { return try open(pid) } catch {
            if error.errno == .noSuchProcess { return nil }
            throw error
        }
    }

    /// Whether the process has ended, be it reaped or not.
    public func hasEnded() throws(SystemError) -> Bool {
        var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        try system("look at", "process \(pid)") { poll(&request, 1, 0) }
        return request.revents != 0
    }

    /// Sends a signal; one to a process that has ended is lost, as it would have been a moment later.
    public func send(signal: Int32) throws(SystemError) {
        let raw = descriptor.raw
        do throws(SystemError) {
            try system("send signal \(signal) to", "process \(pid)") { varve_pidfd_send_signal(raw, signal) }
        } catch {
            if error.errno != .noSuchProcess { throw error }
        }
    }

    /// Waits for the end and reaps the process: its exit code, or 128 + the signal that ended it.
    public consuming func wait() throws(SystemError) -> Int32 {
        let raw = descriptor.raw
        return try system("wait for", "process \(pid)") { varve_pidfd_wait(raw) }
    }
}

/// Signals to the calling thread, and to the process where every other thread blocks them too, as a queue to read
/// instead of interruptions (signalfd(2)). They are blocked as long as the value lives.
public struct SignalQueue: ~Copyable {
    /// Readable when a signal waits; non-blocking.
    public let descriptor: Descriptor
    private let previous: UInt64

    private init(descriptor: consuming Descriptor, previous: UInt64) {
        self.descriptor = descriptor
        self.previous = previous
    }

    /// Blocks the signals and opens their queue.
    /// - Parameter signals: signal numbers, 1 to 64.
    public static func open(_ signals: [Int32]) throws(SystemError) -> SignalQueue {
        let mask = signals.reduce(into: UInt64(0)) { $0 |= 1 << UInt64($1 - 1) }
        var previous: UInt64 = 0
        let raw = try system("block signals", "") { varve_signals_open(mask, &previous) }
        return SignalQueue(descriptor: Descriptor(owning: raw), previous: previous)
    }

    /// The next waiting signal; nil when there is none.
    public func next() throws(SystemError) -> Int32? {
        let raw = descriptor.raw
        let signal = try system("read signal", "") { varve_signals_next(raw) }
        return signal == 0 ? nil : signal
    }

    // The value is not Sendable, so this is the thread that made it.
    deinit { varve_signals_block(previous) }
}
