import Linux
import Model

extension Specification {
    /// Refuses what would act on the host or can't be right.
    func check() throws(RuntimeError) {
        func refuse(_ field: String, _ why: String) throws(RuntimeError) {
            throw RuntimeError(.refused, "run", field, why)
        }
        try refuseUnexecuted()
        if !linux.namespaces.contains(.mount) { try refuse("linux.namespaces", "a mount namespace is required") }
        for name in [hostname, domainname].compactMap({ $0 }) where name.utf8.count > 64 {
            throw RuntimeError(.refused, "set host name", name, "it is longer than 64 bytes")
        }
        if hostname != nil || domainname != nil, !linux.namespaces.contains(.uts) {
            try refuse("hostname", "it would rename the host without a uts namespace")
        }
        try process.check()
        if [hostname, domainname].contains(where: { $0?.utf8.contains(0) == true }) {
            try refuse("hostname", "it holds a NUL byte")
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
