import Linux
import Runtime

extension ContainerRecord {
    /// The container's control groups, as far as they are there.
    /// - Parameter isMade: those alone that were made for it, or those alone that were not; nil for all.
    func controlGroups(
        _ specification: Specification, isMade: Bool? = nil
    ) throws(SystemError) -> ControlGroups {
        guard let path = specification.linux.cgroupsPath, !groups.isEmpty else { return ControlGroups() }
        let wanted = groups.filter { isMade == nil || $0.isMade == isMade }
        return try ControlGroups.find(
            path, in: try ControlHierarchies.mounted(), named: Set(wanted.map(\.hierarchy)))
    }
}

extension SeenContainer {
    func controlGroups() throws(SystemError) -> ControlGroups { try record.controlGroups(specification) }
}

extension HeldContainer {
    func controlGroups() throws(SystemError) -> ControlGroups { try record.controlGroups(specification) }

    /// Remembers one before it is made or used, in place of what was thought of it.
    func claim(_ group: ClaimedGroup) throws(SystemError) {
        record.groups.removeAll { $0.hierarchy == group.hierarchy }
        record.groups.append(group)
        try place.write(record)
    }

    /// Ends what is left in the container's control groups, and removes those that were made for it. The others stay with
    /// their limits, and so does whatever is in them where none of it can be the container's.
    func endControlGroups() throws(SystemError) {
        try record.controlGroups(specification, isMade: true).end()
        // Nothing of the container has been in the others.
        guard record.process != nil else { return }
        let joined = try record.controlGroups(specification, isMade: false)
        if try joined.isFrozen() { try joined.thaw() }
        // In a pid namespace of its own all have ended with the first.
        if !specification.linux.namespaces.contains(.pid) {
            try joined.kill()
            try joined.waitUntilEmpty(within: 10_000)
        }
        if let filter = record.deviceFilter, let group = joined.unified { try DeviceFilter.detach(filter, from: group) }
    }
}
