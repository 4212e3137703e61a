import Glibc
import Linux
import Model
import Runtime

/// What `--privileged` gives beside all capabilities.
enum Privileges {
    /// All devices of the host, all paths, `/sys` and the control groups to write to.
    static func give(to specification: inout Specification) throws {
        specification.linux.maskedPaths = []
        specification.linux.readonlyPaths = []
        for index in specification.mounts.indices where ["sysfs", "cgroup"].contains(specification.mounts[index].type) {
            specification.mounts[index].options.removeAll { $0 == "ro" }
        }
        specification.linux.resources.devices = [Specification.DeviceRule(allows: true)]
        let listed = Set(specification.linux.devices.map(\.path))
        specification.linux.devices += try hostDevices().filter { !listed.contains($0.path) }
    }

    /// What is in `/dev` for the host alone, or is the container's own.
    private static let ownDirectories: Set<ByteName> = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"]
    private static let ownDevices: Set<BytePath> = Set(
        ["console", "null", "zero", "full", "random", "urandom", "tty", "ptmx"].map { BytePath(["dev", $0]) })

    private static func hostDevices() throws(SystemError) -> [Specification.Device] {
        try devices(below: BytePath(["dev"])).filter { !ownDevices.contains($0.path) }
    }

    /// The devices in a directory of the host and in those below it.
    static func devices(below directory: BytePath) throws(SystemError) -> [Specification.Device] {
        var devices: [Specification.Device] = []
        try add(devicesBelow: directory, to: &devices)
        return devices
    }

    private static func add(
        devicesBelow directory: BytePath, to devices: inout [Specification.Device]
    ) throws(SystemError) {
        let descriptor = try Files.openDirectory(KernelPath(directory.bytes))
        for entry in try Files.entries(in: descriptor).sorted(by: { $0.name < $1.name }) {
            let path = directory.appending(entry.name)
            switch entry.kind {
            case .directory where !ownDirectories.contains(entry.name): try add(devicesBelow: path, to: &devices)
            case .characterDevice, .blockDevice:
                // A device may be unplugged at any time.
                guard let status = try Files.statusIfPresent(KernelPath(entry.name), in: descriptor.reference) else {
                    continue
                }
                devices.append(
                    Specification.Device(
                        path, kind: status.kind, number: status.device, permissions: status.permissions,
                        uid: status.uid, gid: status.gid))
            default: break
            }
        }
    }
}
