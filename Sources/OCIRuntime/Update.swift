import Linux
import Runtime

extension Containers {
    /// Changes the limits of a container. What `resources` does not speak of stays.
    public func update(_ id: ContainerID, _ resources: Specification.Resources) throws {
        let container = try hold(id, to: "update container")
        guard try status(of: container).isAlive, let path = container.specification.linux.cgroupsPath else {
            throw OCIError.notRunning("update container", id)
        }
        try Runtime.update(
            resources, of: path,
            claims: GroupClaims(container.record.groups) { group throws(SystemError) in try container.claim(group) })
    }
}
