import Model
import Runtime

extension HeldContainer {
    /// What a hook finds on its standard input: the container's state (config.md, "POSIX-platform Hooks").
    func hookState(_ status: ContainerStatus, _ pid: Int32) -> [UInt8] {
        ContainerState(
            id: id, status: status, pid: pid, bundle: record.bundle, rootfs: record.rootfs, created: record.created,
            annotations: specification.annotations
        ).json.serialized()
    }
}
