import Glibc
import Linux

/// What the kernel's security modules are told of a container. A label for a module that the kernel has not is refused: the
/// container would run without what it is to be confined by.
enum SecurityLabels {
    /// Files below `/proc/PID/attr`, and what is written to them before the program is executed.
    static func settings(
        of process: Specification.Process
    ) throws(RuntimeError) -> [(file: String, value: String)] {
        var result: [(file: String, value: String)] = []
        if let profile = process.apparmorProfile, !profile.isEmpty {
            guard try isPresent("/sys/kernel/security/apparmor") else { throw absent("AppArmor", profile) }
            let hasOwn = try isPresent("/proc/self/attr/apparmor/exec")
            result.append((hasOwn ? "apparmor/exec" : "exec", "exec \(profile)"))
        }
        if let label = process.selinuxLabel, !label.isEmpty {
            try requireSELinux(label)
            result.append(("exec", label))
        }
        return result
    }

    static func requireSELinux(_ label: String) throws(RuntimeError) {
        guard try isPresent("/sys/fs/selinux/enforce") else { throw absent("SELinux", label) }
    }

    private static func isPresent(_ path: KernelPath) throws(RuntimeError) -> Bool {
        try doing("look for security module") { () throws(SystemError) in try Files.exists(path) }
    }

    private static func absent(_ module: String, _ label: String) -> RuntimeError {
        RuntimeError(.refused, "confine container", label, "this kernel runs without \(module)")
    }
}
