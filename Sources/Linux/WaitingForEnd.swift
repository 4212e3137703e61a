import Glibc

extension FileWatch {
    /// Waits until something has changed since the last call, or the process has ended.
    /// - Parameter output: a descriptor that is written to; nil for none.
    /// - Returns: false where nobody reads that any more.
    @discardableResult
    public func wait(
        orEndOf process: borrowing ProcessHandle, writingTo output: Int32? = nil
    ) throws(SystemError) -> Bool {
        var requests = [descriptor.raw, process.descriptor.raw].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        // Of an error it is told without having asked.
        requests.append(pollfd(fd: output ?? -1, events: 0, revents: 0))
        try system("wait for", "changes") { poll(&requests, 3, -1) }
        _ = try wait(atMost: 0)
        return requests[2].revents & Int16(POLLERR) == 0
    }
}

extension ProcessHandle {
    /// Returns when the process has ended, be it reaped or not.
    /// - Returns: false where it has not after that many milliseconds.
    public func waitForEnd(within milliseconds: Int32) throws(SystemError) -> Bool {
        var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        return try system("wait for", "process \(pid)") { poll(&request, 1, milliseconds) } > 0
    }

    /// Returns when the process has ended.
    /// - Parameter deadline: nil waits without end.
    /// - Returns: false where the time has come before.
    public func waitForEnd(until deadline: ContinuousClock.Instant?) throws(SystemError) -> Bool {
        while true {
            var rest: Int32 = -1
            if let deadline {
                let left = ContinuousClock.now.duration(to: deadline).components
                rest = max(0, Int32(clamping: left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000))
            }
            var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
            try system("wait for", "process \(pid)") { poll(&request, 1, rest) }
            if request.revents != 0 { return true }
            if let deadline, ContinuousClock.now >= deadline { return false }
        }
    }
}
