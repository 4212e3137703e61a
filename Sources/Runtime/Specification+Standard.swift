import Glibc
import Linux
import Model

extension Specification {
    /// What Docker runs a container with when nothing more is asked.
    /// - Parameters:
    ///   - process: with its environment complete: PATH, HOSTNAME and TERM are the caller's to set.
    ///   - hostNetwork: shares the network of the host. Otherwise there is only a loopback device.
    ///   - shmSize: bytes of `/dev/shm`.
    ///   - hasControlGroups: whether version 2 of control groups is mounted (``ControlHierarchies``).
    public static func standard(
        process: Process, root: Root = Root(), hostname: String, hostNetwork: Bool = false, shmSize: UInt64 = 64 << 20,
        cgroupsPath: ControlGroupPath? = nil, hasControlGroups: Bool = true
    ) -> Specification {
        var mounts = standardMounts(shmSize: shmSize)
        if hasControlGroups { mounts.append(controlGroupMount) }
        var namespaces: Set<Namespace> = [.mount, .pid, .ipc, .uts, .cgroup, .network]
        if hostNetwork { namespaces.remove(.network) }
        return Specification(
            process: process, root: root, hostname: hostname, mounts: mounts,
            linux: Linux(
                namespaces: namespaces, cgroupsPath: cgroupsPath,
                maskedPaths: standardMaskedPaths + thermalThrottlePaths(),
                readonlyPaths: standardReadonlyPaths))
    }

    private static func standardMounts(shmSize: UInt64) -> [Mount] {
        [
            Mount("proc", at: BytePath(["proc"]), options: ["nosuid", "noexec", "nodev"]),
            Mount("tmpfs", at: BytePath(["dev"]), options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            Mount(
                "devpts", at: BytePath(["dev", "pts"]),
                options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            Mount("sysfs", at: BytePath(["sys"]), options: ["nosuid", "noexec", "nodev", "ro"]),
            Mount("mqueue", at: BytePath(["dev", "mqueue"]), options: ["nosuid", "noexec", "nodev"]),
            Mount(
                "tmpfs", at: BytePath(["dev", "shm"]),
                options: ["nosuid", "noexec", "nodev", "mode=1777", "size=\(shmSize)"]),
        ]
    }

    private static let controlGroupMount = Mount(
        "cgroup", at: BytePath(["sys", "fs", "cgroup"]), options: ["nosuid", "noexec", "nodev", "relatime", "ro"])

    /// Files and directories of `/proc` and `/sys` that tell of the host or steer it.
    public static let standardMaskedPaths: [BytePath] = [
        ["proc", "asound"], ["proc", "acpi"], ["proc", "interrupts"], ["proc", "kcore"], ["proc", "keys"],
        ["proc", "latency_stats"], ["proc", "timer_list"], ["proc", "timer_stats"], ["proc", "sched_debug"],
        ["proc", "scsi"], ["sys", "firmware"], ["sys", "devices", "virtual", "powercap"],
    ].map { BytePath($0) }

    /// How often each processor was slowed down: from that one can tell what runs on it.
    private static func thermalThrottlePaths() -> [BytePath] {
        func path(_ number: Int) -> BytePath {
            BytePath(["sys", "devices", "system", "cpu", ByteName("cpu\(number)"), "thermal_throttle"])
        }
        // Processors have it all or none. Those that are not there are skipped like any other path.
        guard access(path(0).displayed, F_OK) == 0 else { return [] }
        return (0..<max(0, sysconf(Int32(_SC_NPROCESSORS_CONF)))).map(path)
    }

    public static let standardReadonlyPaths: [BytePath] = [
        ["proc", "bus"], ["proc", "fs"], ["proc", "irq"], ["proc", "sys"], ["proc", "sysrq-trigger"],
    ].map { BytePath($0) }

    /// The devices that every container has (config-linux.md, "Default Devices").
    static let standardDevices: [Device] = [
        Device(BytePath(["dev", "null"]), number: DeviceNumber(major: 1, minor: 3)),
        Device(BytePath(["dev", "zero"]), number: DeviceNumber(major: 1, minor: 5)),
        Device(BytePath(["dev", "full"]), number: DeviceNumber(major: 1, minor: 7)),
        Device(BytePath(["dev", "random"]), number: DeviceNumber(major: 1, minor: 8)),
        Device(BytePath(["dev", "urandom"]), number: DeviceNumber(major: 1, minor: 9)),
        Device(BytePath(["dev", "tty"]), number: DeviceNumber(major: 5, minor: 0)),
    ]

    /// The symlinks that every container has in `/dev` (config-linux.md, "Default Filesystems"; runtime-linux.md).
    static let standardLinks: [(name: KernelPath, target: KernelPath)] = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"), ("core", "/proc/kcore"),
    ]
}
