import Glibc
import Model

extension ControlGroups {
    /// The file that stops the processes, and what is written to it: to open before, and write when nothing else can be done.
    public struct Thawing: Sendable {
        public let file: KernelPath
        public let text: String
    }

    /// How the groups are thawed. Nil where there is nothing to freeze with.
    public var thawing: Thawing? {
        freezer.map { Thawing(file: $0.file($0.freezeFile), text: $0.freezeText(false)) }
    }

    /// Stops all processes and returns when they have stopped.
    /// - Parameter milliseconds: throws ETIMEDOUT after that long, with the processes going on again.
    public func freeze(within milliseconds: Int = 10_000) throws(SystemError) {
        let freezer = try requiredFreezer()
        do throws(SystemError) {
            switch freezer.version {
            case .two:
                try freezer.write(freezer.freezeText(true), to: freezer.freezeFile)
                try freezer.wait(for: "frozen 1", milliseconds)
            case .one: try freezer.freezeLegacy(milliseconds)
            }
        } catch {
            try thaw()
            throw error
        }
    }

    public func thaw() throws(SystemError) {
        let freezer = try requiredFreezer()
        try freezer.write(freezer.freezeText(false), to: freezer.freezeFile)
    }

    /// Whether all processes stand still. False where there is no freezer.
    public func isFrozen() throws(SystemError) -> Bool {
        guard let freezer else { return false }
        switch freezer.version {
        case .two: return try freezer.number("frozen", in: "cgroup.events") == 1
        case .one: return try freezer.readIfPresent("freezer.state") == "FROZEN"
        }
    }

    private var freezer: ControlGroup? { unified ?? group(of: .freezer) }

    private func requiredFreezer() throws(SystemError) -> ControlGroup {
        if let freezer { return freezer }
        throw SystemError("freeze", "no control group that can", .noDevice)
    }
}

extension ControlGroup {
    fileprivate var freezeFile: String { version == .two ? "cgroup.freeze" : "freezer.state" }

    fileprivate func freezeText(_ isFrozen: Bool) -> String {
        switch version {
        case .two: isFrozen ? "1" : "0"
        case .one: isFrozen ? "FROZEN" : "THAWED"
        }
    }

    /// Version 1 tells nobody when it is done, and a process that is being started may escape the first attempt, so that
    /// the group stays FREEZING until it is asked again (cgroup-v1/freezer-subsystem.rst).
    fileprivate func freezeLegacy(_ milliseconds: Int) throws(SystemError) {
        let end = Deadline(milliseconds)
        var pause: UInt32 = 20
        repeat {
            try write("FROZEN", to: "freezer.state")
            if try read("freezer.state") == "FROZEN" { return }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        } while !end.hasPassed
        throw SystemError("freeze", path.displayed, .timedOut)
    }

    /// Waits for a line of `cgroup.events`, which wakes a poll for POLLPRI when one changes.
    func wait(for line: String, _ milliseconds: Int) throws(SystemError) {
        let events = try Files.open(file("cgroup.events"), flags: O_RDONLY)
        let end = Deadline(milliseconds)
        while true {
            let raw = events.raw
            try system("rewind", "cgroup.events") { lseek(raw, 0, SEEK_SET) }
            let lines = try events.readAll(limit: 4096).split(separator: UInt8(ascii: "\n"))
            if lines.contains(where: { $0.elementsEqual(line.utf8) }) { return }
            guard !end.hasPassed else { throw SystemError("wait for \(line)", path.displayed, .timedOut) }
            var request = pollfd(fd: events.raw, events: Int16(POLLPRI), revents: 0)
            try system("wait for \(line)", path.displayed) { poll(&request, 1, end.left) }
        }
    }
}

/// A moment by the clock that nobody sets.
struct Deadline {
    private let end: ContinuousClock.Instant?

    /// - Parameter milliseconds: from now; -1 for never.
    init(_ milliseconds: Int) {
        end = milliseconds < 0 ? nil : .now.advanced(by: .milliseconds(milliseconds))
    }

    var hasPassed: Bool { left == 0 }

    /// Milliseconds as poll(2) takes them: -1 for never, 0 only when it has passed.
    var left: Int32 {
        guard let end else { return -1 }
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero else { return 0 }
        return Int32(clamping: left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
    }
}
