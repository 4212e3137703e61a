import CLinux
import Glibc
import Model

/// A control group of version 2 (Documentation/admin-guide/cgroup-v2.rst).
public struct ControlGroup: ~Copyable, Sendable {
    /// The group's directory.
    public let directory: Descriptor
    private let path: KernelPath

    /// Where the version 2 hierarchy is mounted: alone at `/sys/fs/cgroup`, or beside version 1. Nil where it is not.
    public static func hierarchy() throws(SystemError) -> BytePath? {
        let table = try Files.open("/proc/self/mountinfo", flags: O_RDONLY).readAll(limit: 16 << 20)
        for line in table.split(separator: UInt8(ascii: "\n")) {
            // id parent major:minor root mount-point options optional… - type source super-options (proc(5))
            let fields = line.split(separator: UInt8(ascii: " "))
            guard let dash = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash >= 6,
                fields.count > dash + 1, fields[dash + 1].elementsEqual("cgroup2".utf8)
            else { continue }
            // A mount point with a blank or another character that mountinfo writes in octal is none of ours.
            return BytePath(parsing: fields[4])
        }
        return nil
    }

    private init(path: KernelPath, directory: consuming Descriptor) {
        self.path = path
        self.directory = directory
    }

    /// Makes the group at `path` below the hierarchy, with the groups above it, or opens it.
    public static func make(_ path: BytePath) throws(SystemError) -> ControlGroup {
        var directory = try requiredHierarchy()
        for name in path.names {
            directory = directory.appending(name)
            do throws(SystemError) { try Files.makeDirectory(KernelPath(directory.bytes)) } catch {
                if error.errno != .exists { throw error }
            }
        }
        return try open(at: directory)
    }

    /// Opens an existing group of the hierarchy.
    public static func open(_ path: BytePath) throws(SystemError) -> ControlGroup {
        try open(at: BytePath(try requiredHierarchy().names + path.names))
    }

    private static func open(at path: BytePath) throws(SystemError) -> ControlGroup {
        let path = KernelPath(path.bytes)
        return ControlGroup(path: path, directory: try Files.openDirectory(path))
    }

    private static func requiredHierarchy() throws(SystemError) -> BytePath {
        if let hierarchy = try hierarchy() { return hierarchy }
        throw SystemError("find control groups", "no cgroup2 hierarchy is mounted", .noDevice)
    }

    /// Stops all processes of the group and returns when they have stopped.
    /// - Parameter milliseconds: throws ETIMEDOUT after that long, with the group thawed again.
    public func freeze(within milliseconds: Int32 = 10_000) throws(SystemError) {
        try write("1", to: "cgroup.freeze")
        do throws(SystemError) { try wait(for: "frozen 1", milliseconds) } catch {
            try thaw()
            throw error
        }
    }

    public func thaw() throws(SystemError) { try write("0", to: "cgroup.freeze") }

    /// Whether all processes of the group stand still.
    public func isFrozen() throws(SystemError) -> Bool {
        let events = try Files.open("cgroup.events", in: directory.reference, flags: O_RDONLY)
        return try states(events).contains { $0.elementsEqual("frozen 1".utf8) }
    }

    /// Kills all processes of the group and of the groups below it.
    public func kill() throws(SystemError) { try write("1", to: "cgroup.kill") }

    /// Whether a process is in the group or in one below it.
    public func isPopulated() throws(SystemError) -> Bool {
        let events = try Files.open("cgroup.events", in: directory.reference, flags: O_RDONLY)
        return try states(events).contains { $0.elementsEqual("populated 1".utf8) }
    }

    /// Returns when no process is left in the group.
    /// - Parameter milliseconds: throws ETIMEDOUT after that long; -1 waits without end.
    public func waitUntilEmpty(within milliseconds: Int32 = -1) throws(SystemError) {
        try wait(for: "populated 0", milliseconds)
    }

    /// Removes the empty group, and leaves those above it. One that is gone already counts as removed.
    public func remove() throws(SystemError) {
        do throws(SystemError) { try Files.removeDirectory(path) } catch {
            if error.errno != .noEntry { throw error }
        }
    }

    private func write(_ text: String, to file: KernelPath) throws(SystemError) {
        let open = try Files.open(file, in: directory.reference, flags: O_WRONLY)
        do throws(SystemError) { try open.write(Array(text.utf8)) } catch {
            throw SystemError("write", "\(path)/\(file)", error.errno)
        }
    }

    /// The lines of `cgroup.events`, as they are now.
    private func states(_ events: borrowing Descriptor) throws(SystemError) -> [ArraySlice<UInt8>] {
        let raw = events.raw
        try system("rewind", "cgroup.events") { lseek(raw, 0, SEEK_SET) }
        return try events.readAll(limit: 4096).split(separator: UInt8(ascii: "\n"))
    }

    /// `cgroup.events` wakes a poll for POLLPRI when one of its lines changes.
    private func wait(for line: String, _ milliseconds: Int32) throws(SystemError) {
        let events = try Files.open("cgroup.events", in: directory.reference, flags: O_RDONLY)
        let clock = ContinuousClock()
        let end = milliseconds < 0 ? nil : clock.now.advanced(by: .milliseconds(Int64(milliseconds)))
        while true {
            if try states(events).contains(where: { $0.elementsEqual(line.utf8) }) { return }
            var rest: Int32 = -1
            if let end {
                let left = clock.now.duration(to: end)
                guard left > .zero else { throw SystemError("wait for \(line)", path.description, .timedOut) }
                rest = Int32(
                    clamping: left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
            }
            var request = pollfd(fd: events.raw, events: Int16(POLLPRI), revents: 0)
            try system("wait for \(line)", path.description) { poll(&request, 1, rest) }
        }
    }
}
