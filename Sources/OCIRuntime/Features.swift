import Model
import Runtime

/// What this runtime implements, whatever the kernel at hand offers (runtime-spec, features.md and features-linux.md).
public enum Features {
    /// - Parameter version: of varve.
    public static func json(version: String) -> JSON {
        [
            "ociVersionMin": "1.0.0", "ociVersionMax": .string(Specification.version),
            "hooks": strings([
                "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
            ]),
            "mountOptions": strings(mountOptions),
            "linux": [
                "namespaces": strings(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"]),
                "capabilities": strings(CapabilitySet(bits: .max).names),
                "cgroup": ["v1": true, "v2": true, "systemd": false, "systemdUser": false, "rdma": false],
                "seccomp": seccomp,
                "apparmor": ["enabled": true], "selinux": ["enabled": true], "intelRdt": ["enabled": false],
                "mountExtensions": ["idmap": ["enabled": true]], "netDevices": ["enabled": false],
            ],
            "annotations": ["org.varve.version": .string(version)],
        ]
    }

    private static var mountOptions: [String] {
        let attributes = [
            "atime", "dev", "diratime", "exec", "noatime", "nodev", "nodiratime", "noexec", "norelatime",
            "nostrictatime",
            "nosuid", "nosymfollow", "relatime", "ro", "rw", "strictatime", "suid", "symfollow",
        ]
        let propagation = ["private", "shared", "slave", "unbindable"]
        let others = [
            "async", "bind", "defaults", "idmap", "loud", "noiversion", "nolazytime", "nomand", "rbind", "remount",
            "ridmap", "silent", "tmpcopyup",
        ]
        let both = attributes + propagation
        return (both + both.map { "r\($0)" } + others).sorted()
    }

    private static var seccomp: JSON {
        let flags = strings(["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"])
        let actions = ["ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "KILL_THREAD", "LOG", "TRACE", "TRAP"]
        let architectures = [
            "AARCH64", "ARM", "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC", "PPC64",
            "PPC64LE",
            "RISCV64", "S390", "S390X", "X32", "X86", "X86_64",
        ]
        return [
            "enabled": true, "actions": strings(actions.map { "SCMP_ACT_\($0)" }),
            "operators": strings(["EQ", "GE", "GT", "LE", "LT", "MASKED_EQ", "NE"].map { "SCMP_CMP_\($0)" }),
            "archs": strings(architectures.map { "SCMP_ARCH_\($0)" }), "knownFlags": flags, "supportedFlags": flags,
        ]
    }

    private static func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
}
