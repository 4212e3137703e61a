import Model

extension Specification.Linux {
    /// The names below `/proc/sys` of `sysctl`. Only those are let through that belong to a namespace which is not the host's.
    func parameterPaths(besides own: Set<Specification.Namespace>) throws(RuntimeError) -> [(
        path: String, value: String
    )] {
        let isolated = namespaces.union(joinedNamespaces.keys).subtracting(own)
        var result: [(path: String, value: String)] = []
        for parameter in sysctl {
            guard let path = KernelParameter.path(of: parameter.key),
                let namespace = KernelParameter.namespace(of: path)
            else {
                throw RuntimeError(
                    .refused, "set kernel parameter", parameter.key, "it is not one of a namespace, but the host's")
            }
            guard isolated.contains(namespace) else {
                throw RuntimeError(
                    .refused, "set kernel parameter", parameter.key,
                    "without a \(namespace.rawValue) namespace it would be the host's")
            }
            result.append((path, parameter.value))
        }
        return result
    }
}

/// A kernel parameter by its name (sysctl(8)).
enum KernelParameter {
    /// `net/ipv4/ip_forward` for `net.ipv4.ip_forward`. Whichever separator comes first is the one; the other then stands for
    /// itself. Nil for what leads elsewhere.
    static func path(of name: String) -> String? {
        let usesDots = name.first { $0 == "." || $0 == "/" } == "."
        let path = usesDots ? String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 }) : name
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        return names.contains("") || names.contains("..") || names.contains(".") || path.utf8.contains(0) ? nil : path
    }

    /// Which namespace the parameter is one of; nil for those of the whole machine.
    static func namespace(of path: String) -> Specification.Namespace? {
        if path.hasPrefix("net/") { return .network }
        if path.hasPrefix("fs/mqueue/") || interProcess.contains(path) { return .ipc }
        return path == "kernel/domainname" ? .uts : nil
    }

    /// ipc_namespaces(7), without the message queues of POSIX.
    private static let interProcess: Set = [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
        "kernel/shmmni",
        "kernel/shm_rmid_forced",
    ]
}
