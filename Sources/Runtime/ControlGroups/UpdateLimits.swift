import Linux

extension Runtime {
    /// Changes the limits of a container that has control groups. What `resources` does not speak of stays.
    ///
    /// A container has a group of version 1 only for what was limited when it was made. Where another is needed it is made,
    /// and the container's processes are moved there.
    /// - Parameters:
    ///   - path: the container's groups.
    ///   - claims: which of those there it has; nil where all are its own.
    /// - Returns: the controllers of version 1 that count what the container uses only from now on: what memory it has taken
    ///   before stays with the group that its processes were moved from (Documentation/admin-guide/cgroup-v1/memory.rst).
    @discardableResult
    public static func update(
        _ resources: Specification.Resources, of path: ControlGroupPath, claims: GroupClaims? = nil
    ) throws(RuntimeError) -> Set<ControlGroup.Controller> {
        guard resources.devices.isEmpty else {
            throw RuntimeError(.refused, "update limits", "devices", "this runtime does not implement it")
        }
        let limits = try resources.limits()
        var late: Set<ControlGroup.Controller> = []
        let groups = try doing("update limits of", path.displayed) { () throws(SystemError) in
            let hierarchies = try ControlHierarchies.mounted()
            let names = claims.map { Set($0.present.map(\.hierarchy)) }
            let present = try ControlGroups.find(path, in: hierarchies, named: names)
            guard !present.isEmpty else { throw SystemError("find", "control group", .noEntry) }
            let missing = Set(limits.filter { !$0.liftsOnly }.map(\.controller)).filter {
                present.group(of: $0) == nil
            }
            if missing.isEmpty { return present }
            let more = try ControlGroups.make(path, with: missing, in: hierarchies, claims: claims).all
            try more.takeAll(from: present)
            late = missing.filter { more.group(of: $0)?.version == .one }
            return ControlGroups(present, more)
        }
        try groups.apply(limits)
        return late
    }
}
