import Glibc

/// A process that can be told from every other one, before it and after it, by whoever was not there when it was started: numbers
/// are used again.
public struct ProcessIdentity: Sendable, Hashable {
    public let pid: Int32
    /// When it was started, in clock ticks since the machine was (proc(5), /proc/pid/stat, field 22).
    public let startTime: UInt64

    public init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has the number now; nil where none has.
    public init?(of pid: Int32) throws(SystemError) {
        guard let status = try ProcessStatus(of: pid) else { return nil }
        self.init(pid: pid, startTime: status.startTime)
    }

    /// The process that has the number now, where one certainly has: the caller itself, or a child that it has not waited for.
    public static func ofExisting(_ pid: Int32) throws(SystemError) -> ProcessIdentity {
        if let identity = try ProcessIdentity(of: pid) { return identity }
        throw SystemError("find", "process \(pid)", .noSuchProcess)
    }

    public func isAlive() throws(SystemError) -> Bool {
        switch try open() {
        case .some: true
        case .none: false
        }
    }

    /// A descriptor of it; nil where it has ended, be it reaped or not.
    public func open() throws(SystemError) -> ProcessHandle? {
        guard let handle = try openUnlessReaped(), try !handle.hasEnded() else { return nil }
        return handle
    }

    /// A descriptor of it, also where it has ended and nobody has waited for it; nil where somebody has.
    public func openUnlessReaped() throws(SystemError) -> ProcessHandle? {
        guard let handle = try ProcessHandle.openIfPresent(pid) else { return nil }
        // Only after the descriptor is held can the number not go to another process between.
        guard try ProcessIdentity(of: pid) == self else { return nil }
        return handle
    }
}

/// The time from one start of the machine to the next.
public enum Boot {
    /// The kernel's name for it (random(4), boot_id); empty where there is no such file.
    public static func current() throws(SystemError) -> String {
        let bytes = try Files.contentsIfPresent("/proc/sys/kernel/random/boot_id", limit: 64) ?? []
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
