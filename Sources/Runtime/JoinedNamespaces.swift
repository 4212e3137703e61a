import Glibc
import Linux
import Model

/// Namespaces of others that a container is to be in, by the files of them (`linux.namespaces[].path`). The user namespace
/// is ``Identities``'.
struct JoinedNamespaces {
    let files: [(namespace: Specification.Namespace, file: SharedDescriptor)]
    let pid: SharedDescriptor?
    /// Those that are the caller's own: what is done to them is done to the host.
    let own: Set<Specification.Namespace>

    /// Refuses a host name where the namespace to be named is the caller's own.
    init(_ specification: Specification) throws(RuntimeError) {
        let linux = specification.linux
        var (files, own): ([(Specification.Namespace, SharedDescriptor)], Set<Specification.Namespace>) = ([], [])
        var pid: SharedDescriptor?
        for namespace in Specification.Namespace.allCases where namespace != .user {
            guard let path = linux.joinedNamespaces[namespace] else { continue }
            let file = try doing("join \(namespace.rawValue) namespace", path.displayed) { () throws(SystemError) in
                SharedDescriptor(try Files.open(KernelPath(path), flags: O_RDONLY))
            }
            let isOwn = try doing("join \(namespace.rawValue) namespace", path.displayed) { () throws(SystemError) in
                let mine = try Files.open(KernelPath("/proc/self/ns/\(namespace.fileName)"), flags: O_RDONLY).status()
                let theirs = try file.descriptor.status()
                return mine.inode == theirs.inode && mine.filesystem == theirs.filesystem
            }
            if isOwn {
                own.insert(namespace)
            } else if namespace == .pid {
                pid = file
            } else {
                files.append((namespace, file))
            }
        }
        if own.contains(.uts), specification.hostname != nil || specification.domainname != nil {
            throw RuntimeError(.refused, "run", "hostname", "it would rename the host")
        }
        (self.files, self.pid, self.own) = (files, pid, own)
    }
}
