import Glibc
import Model

/// The hierarchies of control groups that this process sees mounted: version 2 alone, version 1 alone, or both, where each
/// controller is in one of them ("hybrid").
public struct ControlHierarchies: Sendable {
    public struct Hierarchy: Hashable, Sendable {
        public let version: ControlGroup.Version
        /// Of version 1; what version 2 has can differ from group to group.
        let controllers: Set<ControlGroup.Controller>
        public let mountPoint: BytePath
        /// The group that is mounted there: the hierarchy's root, or this process's part of it.
        let root: BytePath
        /// How `/proc/self/cgroup` calls it: empty for version 2, else such as `cpu` and `cpuacct`.
        let names: Set<String>

        /// By which it is found again: `unified`, or its controllers such as `cpu,cpuacct`.
        public var name: String {
            version == .two ? "unified" : controllers.map(\.legacyName).sorted().joined(separator: ",")
        }
    }

    public let unified: Hierarchy?
    /// Those of version 1 that have a controller known here.
    public let legacy: [Hierarchy]

    /// Reads them from `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
    public static func mounted() throws(SystemError) -> ControlHierarchies {
        let table = try Files.open("/proc/self/mountinfo", flags: O_RDONLY).readAll(limit: 64 << 20)
        var unified: Hierarchy?
        var legacy: [Hierarchy] = []
        for line in table.split(separator: UInt8(ascii: "\n")) {
            guard let hierarchy = Hierarchy(mountinfo: line) else { continue }
            if hierarchy.version == .two {
                unified = unified ?? hierarchy
            } else if !hierarchy.controllers.isEmpty, !legacy.contains(where: { $0.names == hierarchy.names }) {
                legacy.append(hierarchy)
            }
        }
        return ControlHierarchies(unified: unified, legacy: legacy)
    }

    /// All of them.
    var all: [Hierarchy] { [unified].compactMap { $0 } + legacy }

    /// Whether the kernel counts swap beside memory. Version 2 always does where there can be swap.
    public func countsSwap() throws(SystemError) -> Bool {
        if let memory = legacy.first(where: { $0.controllers.contains(.memory) }) {
            return try Files.exists(KernelPath(memory.mountPoint.appending("memory.memsw.limit_in_bytes").bytes))
        }
        return try Files.exists("/proc/swaps")
    }

    /// Whether there is a directory for control groups to be shown in, in a container.
    public var isEmpty: Bool { unified == nil && legacy.isEmpty }
}

extension ControlHierarchies.Hierarchy {
    /// Nil where the line is of another filesystem, or of a mount point with a blank or another character that mountinfo
    /// writes in octal: it is none of ours.
    fileprivate init?(mountinfo line: ArraySlice<UInt8>) {
        // To take apart each line of the table costs more than to read it.
        guard Self.mayBeOne(line) else { return nil }
        // id parent major:minor root mount-point options optional… - type source super-options
        let fields = line.split(separator: UInt8(ascii: " "))
        guard let dash = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash >= 6, fields.count > dash + 3,
            let root = BytePath(parsing: fields[3]), let mountPoint = BytePath(parsing: fields[4])
        else { return nil }
        self.root = root
        self.mountPoint = mountPoint
        switch String(decoding: fields[dash + 1], as: UTF8.self) {
        case "cgroup2":
            version = .two
            (controllers, names) = ([], [""])
        case "cgroup":
            version = .one
            names = Set(String(decoding: fields[dash + 3], as: UTF8.self).split(separator: ",").map(String.init))
            controllers = Set(ControlGroup.Controller.allCases).filter { [names] in names.contains($0.legacyName) }
        default: return nil
        }
    }

    private static func mayBeOne(_ line: ArraySlice<UInt8>) -> Bool {
        line.indices.contains { line[$0] == UInt8(ascii: "-") && line[$0...].starts(with: "- cgroup".utf8) }
    }

    /// Where a group is.
    /// - Throws: ENOENT where a relative path is meant from a group that this process can't see, EINVAL where it is the whole
    ///   hierarchy's: that can be no container's.
    func directory(of path: ControlGroupPath) throws(SystemError) -> BytePath {
        let names: [ByteName] =
            switch path {
            case .absolute(let path): path.names
            case .relative(let path): (try ownGroup()).names + path.names
            }
        guard !names.isEmpty else { throw SystemError("use control group", mountPoint.displayed, .invalid) }
        return BytePath(mountPoint.names + names)
    }

    /// This process's group, from the mount point on.
    private func ownGroup() throws(SystemError) -> BytePath {
        let table = try ControlGroups.table("/proc/self/cgroup", in: .current)
        if let own = path(in: table).flatMap({ visible($0) }) { return own }
        throw SystemError("find own control group in", mountPoint.displayed, .noEntry)
    }

    /// What `/proc/PID/cgroup` names for this hierarchy (cgroups(7)). Nil where it does not know the hierarchy.
    func path(in table: [ArraySlice<UInt8>]) -> ArraySlice<UInt8>? {
        for line in table {
            // number:controllers:path
            let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = String(decoding: fields[1], as: UTF8.self).split(separator: ",").map(String.init)
            let isThis = version == .two ? controllers.isEmpty : !names.isDisjoint(with: controllers)
            if isThis { return fields[2] }
        }
        return nil
    }

    /// A path of such a table from the mount point on. Nil where that can't be seen from here.
    func visible(_ path: ArraySlice<UInt8>) -> BytePath? {
        guard let path = BytePath(parsing: path), path.isWithin(root) else { return nil }
        return BytePath(Array(path.names.dropFirst(root.names.count)))
    }
}

/// Which control groups are a container's, in every hierarchy.
public enum ControlGroupPath: Hashable, Sendable {
    /// From each hierarchy's mount point.
    case absolute(BytePath)
    /// From the group in each hierarchy that this process is in.
    case relative(BytePath)

    /// As `linux.cgroupsPath` has it: relative without a slash in front. Nil where it has `..` or names no group.
    public init?(parsing text: String) {
        guard let path = BytePath(parsing: text.utf8), !path.isRoot else { return nil }
        self = text.utf8.first == UInt8(ascii: "/") ? .absolute(path) : .relative(path)
    }

    /// The path as it was given.
    public var bytes: [UInt8] {
        switch self {
        case .absolute(let path): path.bytes
        case .relative(let path): Array(path.bytes.dropFirst())
        }
    }

    public var displayed: String { Escaping.displayed(bytes) }
}
