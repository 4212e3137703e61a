import Linux
import Runtime

extension Specification {
    /// The container's control groups, as far as there are any.
    func controlGroups() throws(SystemError) -> ControlGroups {
        guard let path = linux.cgroupsPath else { return ControlGroups() }
        return try ControlGroups.find(path, in: try ControlHierarchies.mounted())
    }
}
