import Linux
import Runtime

extension Containers {
    /// Changes the limits of a container. What `resources` does not speak of stays.
    public func update(_ id: ContainerID, _ resources: Specification.Resources) throws {
        let container = try hold(id, to: "update container")
        guard try status(of: container).isAlive, let path = container.specification.linux.cgroupsPath else {
            throw OCIError.notRunning("update container", id)
        }
        let before = container.record.groups
        let claims = GroupClaims(before) { group throws(SystemError) in try container.claim(group) }
        do { try Runtime.update(resources, of: path, claims: claims) } catch {
            // What could not be made after all may be somebody else's one day.
            container.record.groups = try container.record.groups.filter { group in
                guard !before.contains(group) else { return true }
                return try !ControlGroups.find(path, in: .mounted(), named: [group.hierarchy]).isEmpty
            }
            try container.place.write(container.record)
            throw error
        }
    }
}
