import CLinux

/// What the process was at, in a person's terms.
enum LaunchStage {
    static func name(_ number: Int) -> String {
        switch number {
        case Int(VARVE_STAGE_CLONE): "start container process"
        case Int(VARVE_STAGE_NAMESPACE): "separate container from host"
        case Int(VARVE_STAGE_ROOT): "attach container root"
        case Int(VARVE_STAGE_MOUNT): "mount in container"
        case Int(VARVE_STAGE_NETWORK): "bring up container loopback"
        case Int(VARVE_STAGE_HOSTNAME): "set host name"
        case Int(VARVE_STAGE_PIVOT): "enter container root"
        case Int(VARVE_STAGE_SESSION): "start container session"
        case Int(VARVE_STAGE_STANDARD_STREAMS): "set container standard streams"
        case Int(VARVE_STAGE_DESCRIPTORS): "close descriptors in container"
        case Int(VARVE_STAGE_LIMITS): "set container resource limits"
        case Int(VARVE_STAGE_DIRECTORY): "enter working directory"
        case Int(VARVE_STAGE_PRIVILEGES): "forbid new privileges in container"
        case Int(VARVE_STAGE_BOUNDING_SET): "drop capabilities of container"
        case Int(VARVE_STAGE_USER): "set user"
        case Int(VARVE_STAGE_CAPABILITIES): "set container capabilities"
        case Int(VARVE_STAGE_FILTER): "install seccomp filter"
        case Int(VARVE_STAGE_SIGNALS): "reset signals in container"
        case Int(VARVE_STAGE_SUPERVISOR): "bind container to its supervisor"
        case Int(VARVE_STAGE_STUB): "execute stub of container process"
        case Int(VARVE_STAGE_CONTROL_GROUP): "enter control group"
        case Int(VARVE_STAGE_JOIN): "join namespace"
        case Int(VARVE_STAGE_HAND_OVER): "enter pid namespace of container"
        case Int(VARVE_STAGE_USER_NAMESPACE): "enter user namespace"
        case Int(VARVE_STAGE_OOM_SCORE): "set out-of-memory score adjustment"
        case Int(VARVE_STAGE_SCHEDULER): "set scheduler"
        case Int(VARVE_STAGE_IO_PRIORITY): "set I/O priority"
        case Int(VARVE_STAGE_SYSCTL): "set kernel parameter"
        case Int(VARVE_STAGE_PROPAGATION): "set propagation of container root"
        case Int(VARVE_STAGE_PERSONALITY): "set personality"
        case Int(VARVE_STAGE_LABEL): "label container process"
        default: "start container (stage \(number))"
        }
    }
}

extension Specification.Namespace {
    var cloneFlag: UInt64 {
        switch self {
        case .mount: 0x0002_0000
        case .cgroup: 0x0200_0000
        case .uts: 0x0400_0000
        case .ipc: 0x0800_0000
        case .pid: 0x2000_0000
        case .network: 0x4000_0000
        case .user: 0x1000_0000
        case .time: 0x80
        }
    }
}
