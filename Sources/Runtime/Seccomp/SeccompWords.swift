import CSeccomp
import Glibc

/// The specification's words for filters, as libseccomp and the kernel have them (config-linux.md, "Seccomp").
enum SeccompWords {
    private static func refusal(_ name: String, _ why: String) -> RuntimeError {
        RuntimeError(.refused, "compile seccomp filter", name, why)
    }

    /// - Parameters:
    ///   - action: `SCMP_ACT_ERRNO` and so on.
    ///   - errno: what a call fails with, or what a tracer is told; nil for EPERM.
    static func action(_ action: String, errno: UInt32?) throws(RuntimeError) -> UInt32 {
        switch action {
        case "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE":
            let number = errno ?? UInt32(EPERM)
            guard number <= 4095 else { throw refusal("errnoRet \(number)", "it is greater than 4095") }
            return action == "SCMP_ACT_ERRNO" ? varve_action_errno(number) : varve_action_trace(number)
        case "SCMP_ACT_NOTIFY": throw refusal(action, "this runtime hands no system call to another process")
        default: break
        }
        guard let value = plainActions[action] else { throw refusal(action, "no such action") }
        if errno != nil { throw refusal("errnoRet", "\(action) returns no error") }
        return value
    }

    private static let plainActions: [String: UInt32] = [
        "SCMP_ACT_KILL": SCMP_ACT_KILL_THREAD, "SCMP_ACT_KILL_THREAD": SCMP_ACT_KILL_THREAD,
        "SCMP_ACT_KILL_PROCESS": SCMP_ACT_KILL_PROCESS, "SCMP_ACT_TRAP": varve_action_trap,
        "SCMP_ACT_LOG": SCMP_ACT_LOG, "SCMP_ACT_ALLOW": SCMP_ACT_ALLOW,
    ]

    /// Whether the action lets a call through, if only to be looked at.
    static func isPermissive(_ action: String) -> Bool {
        ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"].contains(action)
    }

    static func comparison(_ name: String) throws(RuntimeError) -> scmp_compare {
        switch name {
        case "SCMP_CMP_NE": SCMP_CMP_NE
        case "SCMP_CMP_LT": SCMP_CMP_LT
        case "SCMP_CMP_LE": SCMP_CMP_LE
        case "SCMP_CMP_EQ": SCMP_CMP_EQ
        case "SCMP_CMP_GE": SCMP_CMP_GE
        case "SCMP_CMP_GT": SCMP_CMP_GT
        case "SCMP_CMP_MASKED_EQ": SCMP_CMP_MASKED_EQ
        default: throw refusal(name, "no such comparison")
        }
    }

    /// libseccomp's token; it is the kernel's AUDIT_ARCH_*, but for x32.
    static func architecture(_ name: String) throws(RuntimeError) -> UInt32 {
        let prefix = "SCMP_ARCH_"
        let token = name.hasPrefix(prefix) ? seccomp_arch_resolve_name(name.dropFirst(prefix.count).lowercased()) : 0
        guard token != 0, name == name.uppercased() else {
            throw refusal(name, "libseccomp knows no such architecture")
        }
        return token
    }

    /// SECCOMP_FILTER_FLAG_* (linux/seccomp.h).
    static func flag(_ name: String) throws(RuntimeError) -> UInt32 {
        switch name {
        case "SECCOMP_FILTER_FLAG_TSYNC": 1 << 0
        case "SECCOMP_FILTER_FLAG_LOG": 1 << 1
        case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 1 << 2
        case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV":
            throw refusal(
                name, "it is for system calls that are handed to another process, which this runtime does not do")
        default: throw refusal(name, "no such flag")
        }
    }
}
