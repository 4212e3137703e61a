import Glibc
import Model

/// One control group of one hierarchy: a directory, in which files are read and written (cgroups(7)).
public struct ControlGroup: Hashable, Sendable {
    public enum Version: Hashable, Sendable { case one, two }

    /// What limits or counts, by its name on version 2 (Documentation/admin-guide/cgroup-v2.rst, "Controllers", and
    /// cgroup-v1/).
    public enum Controller: String, Hashable, Sendable, CaseIterable {
        case cpu, cpuset, memory, pids, io, hugetlb
        /// These are on version 1 alone.
        case cpuacct, devices, freezer
        case networkClass = "net_cls"
        case networkPriority = "net_prio"

        /// Its name on version 1.
        public var legacyName: String { self == .io ? "blkio" : rawValue }
    }

    public let version: Version
    /// Those that work in this group.
    public let controllers: Set<Controller>
    /// The group's directory.
    public let path: BytePath

    /// The directory, for a process to be started in (`CLONE_INTO_CGROUP`, version 2 alone).
    public func open() throws(SystemError) -> Descriptor { try Files.openDirectory(KernelPath(path.bytes)) }

    public func exists() throws(SystemError) -> Bool { try Files.exists(KernelPath(path.bytes)) }

    /// Writes one of the group's files, in one call as the kernel wants it.
    public func write(_ text: String, to file: String) throws(SystemError) {
        let name = self.file(file)
        do throws(SystemError) { try Files.open(name, flags: O_WRONLY).write(Array(text.utf8)) } catch {
            throw SystemError("write", name.description, error.errno)
        }
    }

    /// What one of the group's files says, without the last line end.
    public func read(_ file: String) throws(SystemError) -> String {
        let name = self.file(file)
        do throws(SystemError) {
            // The longest are lists of processes, some seven bytes each.
            let bytes = try Files.open(name, flags: O_RDONLY).readAll(limit: 64 << 20)
            return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
        } catch { throw SystemError("read", name.description, error.errno) }
    }

    /// Nil where the kernel offers no such file, or the group is gone.
    public func readIfPresent(_ file: String) throws(SystemError) -> String? {
        do throws(SystemError) { return try read(file) } catch {
            if error.errno == .noEntry || error.errno == .noDevice { return nil }
            throw error
        }
    }

    /// Whether the kernel offers this file here.
    public func has(_ file: String) throws(SystemError) -> Bool { try Files.exists(self.file(file)) }

    /// The number behind `key` in a file with a line for each (`oom_kill 3`). Nil where there is none.
    func number(_ key: String, in file: String) throws(SystemError) -> UInt64? {
        guard let text = try readIfPresent(file) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("\(key) ") {
            return UInt64(line.dropFirst(key.utf8.count + 1))
        }
        return nil
    }

    /// Moves a process here, with all its threads.
    public func attach(_ pid: Int32) throws(SystemError) { try write("\(pid)", to: "cgroup.procs") }

    func file(_ name: String) -> KernelPath { KernelPath(path.bytes + [UInt8(ascii: "/")] + Array(name.utf8)) }
}

extension ControlGroup.Controller {
    /// Those that `cgroup.controllers` and the like name; others are none of ours.
    static func named(_ text: String) -> Set<ControlGroup.Controller> {
        Set(text.split { $0 == " " || $0 == "\n" }.compactMap { ControlGroup.Controller(rawValue: String($0)) })
    }
}
