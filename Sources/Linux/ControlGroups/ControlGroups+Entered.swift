import Glibc
import Model

extension ControlGroups {
    /// The groups that a process is in and this one is not.
    ///
    /// - Parameter process: its directory in `/proc`.
    /// - Throws: ENOENT where one of them can't be found: whoever is to be where that process is would be outside of it.
    public static func entered(
        by process: DirectoryReference, in hierarchies: ControlHierarchies
    ) throws(SystemError) -> ControlGroups {
        // A group stays as long as a process is in it. So one that is gone is one that the process has been moved out of
        // since the table was read, and the table says something else by now.
        for _ in 0..<10 {
            if let groups = try look(by: process, in: hierarchies) { return groups }
        }
        throw SystemError("find", "control group that the process is in", .noEntry)
    }

    /// Nil where one of the groups is gone, or can't be seen from here.
    private static func look(
        by process: DirectoryReference, in hierarchies: ControlHierarchies
    ) throws(SystemError) -> ControlGroups? {
        let (theirs, own) = (try table("cgroup", in: process), try table("/proc/self/cgroup", in: .current))
        var groups: [ControlGroup] = []
        for hierarchy in hierarchies.all {
            guard let path = hierarchy.path(in: theirs), path != hierarchy.path(in: own) else { continue }
            guard let place = hierarchy.visible(path) else { return nil }
            // The hierarchy's own: in no group that anybody has made.
            if place.isRoot { continue }
            guard let group = try hierarchy.find(.absolute(place)) else { return nil }
            groups.append(group)
        }
        return ControlGroups(groups)
    }

    /// The controllers of each hierarchy of version 1 that there is a group in, all of them, by their names and in the order of
    /// the kernel.
    public func legacyControllers() throws(SystemError) -> [[String]] {
        let wanted = Set(groups.filter { $0.version == .one }.flatMap(\.controllers).map(\.legacyName))
        if wanted.isEmpty { return [] }
        return try Self.table("/proc/self/cgroup", in: .current).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            let names = String(decoding: fields[1], as: UTF8.self).split(separator: ",").map(String.init)
            return wanted.isDisjoint(with: names) ? nil : names
        }
    }

    static func table(
        _ file: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) -> [ArraySlice<UInt8>] {
        try Files.open(file, in: directory, flags: O_RDONLY).readAll(limit: 1 << 20).split(
            separator: UInt8(ascii: "\n"))
    }
}
