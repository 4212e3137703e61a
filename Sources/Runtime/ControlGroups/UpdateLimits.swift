import Linux

extension Runtime {
    /// Changes the limits of a container that has control groups. What `resources` does not speak of stays.
    ///
    /// A container has a group of version 1 only for what was limited when it was made. Where another is needed it is made,
    /// and the container's processes are moved there.
    /// - Parameter path: the container's groups.
    public static func update(
        _ resources: Specification.Resources, of path: ControlGroupPath
    ) throws(RuntimeError) {
        guard resources.devices.isEmpty else {
            throw RuntimeError(.refused, "update limits", "devices", "this runtime does not implement it")
        }
        let limits = try resources.limits()
        let controllers = Set(limits.filter { !$0.liftsOnly }.map(\.controller))
        let groups = try doing("update limits of", path.displayed) { () throws(SystemError) in
            let hierarchies = try ControlHierarchies.mounted()
            let present = try ControlGroups.find(path, in: hierarchies)
            guard !present.isEmpty else { throw SystemError("find", "control group", .noEntry) }
            let all = try ControlGroups.make(path, with: controllers, in: hierarchies)
            for group in all.groups where !present.groups.contains(where: { $0.path == group.path }) {
                try group.takeAll(from: present)
            }
            return try ControlGroups.find(path, in: hierarchies)
        }
        try groups.apply(limits)
    }
}

extension ControlGroup {
    /// Moves all processes of a container here too, those among them that are forked meanwhile.
    fileprivate func takeAll(from groups: ControlGroups) throws(SystemError) {
        while true {
            let missing = try groups.processes().subtracting(try processes())
            if missing.isEmpty { return }
            for process in missing {
                do throws(SystemError) { try attach(process) } catch {
                    if error.errno != .noSuchProcess { throw error }
                }
            }
        }
    }
}
