import Glibc
import Linux
import Model

extension Repository {
    /// One health check. The command is a child of a process of its own, with which it is killed when it takes too long, and so is all
    /// that it has started in its session: else each check would leave something behind.
    func probe(
        _ container: Container, _ options: HealthOptions, _ exec: (Container, [String], Int32) -> Never
    ) throws -> Health.Probe {
        let pipe = try PipeEnds()
        let start = Timestamp.clock()
        let output = pipe.writing.raw
        let child = try ForkedProcess.start { exec(container, options.command, output) }
        let reading = pipe.keepReading()
        let deadline = ContinuousClock.now.advanced(by: .nanoseconds(options.effectiveTimeout))
        let watched = try ProcessHandle.open(child.pid)
        let (text, hasEnded) = try reading.collect(Health.outputLimit, untilEndOf: watched, deadline: deadline)
        var probe = Health.Probe(start: start, end: Timestamp.clock(), exitCode: -1, output: text)
        if hasEnded {
            probe.exitCode = try child.wait()
        } else {
            let commands = try self.commands(of: child.pid, in: container)
            try child.end()
            try killSessions(commands, in: container)
            probe.output = "the check took longer than \(options.effectiveTimeout / 1_000_000) ms"
        }
        return probe
    }

    /// What a process runs in a container.
    private func commands(of parent: Int32, in container: Container) throws -> Set<Int32> {
        try controlGroups(of: container).processes().filter { try ProcessStatus(of: $0)?.parent == parent }
    }

    /// Kills all in these sessions that is in the container. Each round finds only what was forked in the one before it.
    /// - Throws: ETIMEDOUT where something does not end, since it stands still in a control group of version 1, say.
    private func killSessions(_ sessions: Set<Int32>, in container: Container) throws(SystemError) {
        let groups = try controlGroups(of: container)
        let deadline = ContinuousClock.now.advanced(by: .seconds(10))
        var isAnyLeft = !sessions.isEmpty
        while isAnyLeft {
            isAnyLeft = false
            for pid in try groups.processes() {
                // First held, so that what is looked at is what is killed.
                guard let handle = try ProcessHandle.openIfPresent(pid), sessions.contains(getsid(pid)),
                    try !handle.hasEnded()
                else { continue }
                try handle.send(signal: SIGKILL)
                guard try handle.waitForEnd(until: deadline) else {
                    throw SystemError("end", "what a health check left", .timedOut)
                }
                isAnyLeft = true
            }
        }
    }
}

extension Descriptor {
    /// What can be read until the process ends or the time has come, as text; all beyond the limit is dropped.
    fileprivate func collect(
        _ limit: Int, untilEndOf process: borrowing ProcessHandle, deadline: ContinuousClock.Instant
    ) throws(SystemError) -> (String, hasEnded: Bool) {
        var text: [UInt8] = []
        let raw = raw
        try system("prepare", "pipe") { fcntl(raw, F_SETFL, O_NONBLOCK) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        var isOpen = true
        while true {
            // Asked before reading: what the process wrote was in the pipe then.
            let hasEnded = try process.hasEnded()
            while isOpen {
                let count = Glibc.read(raw, &buffer, buffer.count)
                if count == 0 { isOpen = false }
                if count <= 0 { break }
                text += buffer.prefix(min(count, limit - text.count))
            }
            if hasEnded { return (String(decoding: text, as: UTF8.self), true) }
            let left = ContinuousClock.now.duration(to: deadline).components
            guard left.seconds >= 0, left.attoseconds > 0 || left.seconds > 0 else {
                return (String(decoding: text, as: UTF8.self), false)
            }
            var requests = [
                pollfd(fd: process.descriptor.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen ? raw : -1, events: Int16(POLLIN), revents: 0),
            ]
            let wait = Int32(clamping: left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1)
            try system("wait for", "check") { poll(&requests, 2, wait) }
        }
    }
}
