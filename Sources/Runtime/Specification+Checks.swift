import Linux
import Model

extension Specification {
    /// Refuses what would act on the host or can't be right.
    func check() throws(RuntimeError) {
        func refuse(_ field: String, _ why: String) throws(RuntimeError) {
            throw RuntimeError(.refused, "run", field, why)
        }
        if !linux.namespaces.contains(.mount) { try refuse("linux.namespaces", "a mount namespace is required") }
        for name in [hostname, domainname].compactMap({ $0 }) where name.utf8.count > 64 {
            throw RuntimeError(.refused, "set host name", name, "it is longer than 64 bytes")
        }
        if hostname != nil || domainname != nil, !linux.hasNamespace(.uts) {
            try refuse("hostname", "it would rename the host without a uts namespace")
        }
        try process.check()
        try checkNamespaces()
        if let label = linux.mountLabel { try SecurityLabels.requireSELinux(label) }
        if [hostname, domainname].contains(where: { $0?.utf8.contains(0) == true }) {
            try refuse("hostname", "it holds a NUL byte")
        }
    }
}

extension Specification.Linux {
    /// Whether the container is in a namespace of the kind that the caller may not be in.
    func hasNamespace(_ namespace: Specification.Namespace) -> Bool {
        namespaces.contains(namespace) || joinedNamespaces[namespace] != nil
    }
}

extension Specification {
    private func checkNamespaces() throws(RuntimeError) {
        func refuse(_ field: String, _ why: String) throws(RuntimeError) {
            throw RuntimeError(.refused, "run", field, why)
        }
        if linux.joinedNamespaces[.mount] != nil {
            try refuse(
                "linux.namespaces.path",
                "a mount namespace can't be joined: the container's mounts are made in a new one")
        }
        if linux.namespaces.contains(.time) {
            try refuse("linux.namespaces", "a new time namespace is not implemented")
        }
        let hasMappings = !linux.uidMappings.isEmpty || !linux.gidMappings.isEmpty
        if hasMappings, !linux.hasNamespace(.user) {
            try refuse("linux.uidMappings", "there is no user namespace that they could be of")
        }
        if linux.namespaces.contains(.user),
            linux.uidMappings.host(of: 0) == nil || linux.gidMappings.host(of: 0) == nil
        {
            try refuse("linux.uidMappings", "a user namespace without root can't be set up")
        }
        if let score = process.oomScoreAdjustment, !(-1000...1000).contains(score) {
            try refuse("process.oomScoreAdj", "\(score) is not from -1000 to 1000")
        }
    }
}

extension Specification.Process {
    func check() throws(RuntimeError) {
        if arguments.isEmpty { throw RuntimeError(.refused, "run", "process.args", "there is no program") }
        let texts = arguments + environment
        if texts.contains(where: { $0.bytes.contains(0) }) {
            throw RuntimeError(.refused, "run", "process", "a text holds a NUL byte")
        }
    }
}
