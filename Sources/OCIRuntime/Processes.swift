import Linux

extension Containers {
    /// The pids of the container's processes, as the caller sees them, sorted.
    public func processes(of id: ContainerID) throws -> [Int32] {
        let container = try look(at: id)
        if container.status == .creating {
            throw OCIError(.wrongState, "list processes of container", id.text, "container is being created")
        }
        let groups = try container.controlGroups()
        if !groups.isEmpty { return try groups.processes().sorted() }
        // Without control groups there is no telling who else belongs to it.
        return container.status.isAlive ? [container.record.process?.pid].compactMap { $0 } : []
    }
}
