import Glibc
import Linux

/// A process that can be told from a later one with the same number, by whoever was not there when it was started.
struct ProcessIdentity: Hashable {
    let pid: Int32
    /// When it was started, in clock ticks since the machine was (proc(5), /proc/pid/stat, field 22).
    let startTime: UInt64

    init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has the number now; nil where none has.
    init?(of pid: Int32) throws(SystemError) {
        let text: [UInt8]
        do throws(SystemError) {
            text = try Files.open(KernelPath("/proc/\(pid)/stat"), flags: O_RDONLY).readAll(limit: 4096)
        } catch {
            if error.errno == .noEntry || error.errno == .noSuchProcess { return nil }
            throw error
        }
        // The name before may hold blanks and parentheses of its own.
        let rest = text.lastIndex(of: UInt8(ascii: ")")).map { text[($0 + 1)...] } ?? []
        let fields = rest.split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let startTime = UInt64(String(decoding: fields[19], as: UTF8.self)) else {
            throw SystemError("read", "/proc/\(pid)/stat", .invalid)
        }
        self.init(pid: pid, startTime: startTime)
    }

    func isAlive() throws(SystemError) -> Bool {
        switch try open() {
        case .some: true
        case .none: false
        }
    }

    /// A descriptor of it; nil where it has ended, be it reaped or not.
    func open() throws(SystemError) -> ProcessHandle? {
        let handle: ProcessHandle
        do throws(SystemError) { handle = try ProcessHandle.open(pid) } catch {
            if error.errno == .noSuchProcess { return nil }
            throw error
        }
        // Only after the descriptor is held can the number not go to another process between.
        guard try ProcessIdentity(of: pid) == self, try !handle.hasEnded() else { return nil }
        return handle
    }
}

extension ProcessHandle {
    /// Returns when the process has ended, be it reaped or not.
    /// - Returns: false where it has not after that many milliseconds.
    func waitForEnd(within milliseconds: Int32) throws(SystemError) -> Bool {
        var request = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
        return try system("wait for", "process \(pid)") { poll(&request, 1, milliseconds) } > 0
    }
}
