import CLinux
import Glibc
import Linux
import Model

/// The user namespace of a container, and who its users are on the host.
struct Identities {
    /// Nil where the container is in the caller's.
    let namespace: SharedDescriptor?
    private let users: [IDRange]
    private let groups: [IDRange]

    init(_ linux: Specification.Linux) throws(RuntimeError) {
        if let path = linux.joinedNamespaces[.user] {
            let file = try doing("join user namespace", path.displayed) { () throws(SystemError) in
                SharedDescriptor(try Files.open(KernelPath(path), flags: O_RDONLY))
            }
            namespace = file
            (users, groups) = try doing("join user namespace", path.displayed) { () throws(SystemError) in
                try UserNamespace.ids(in: file.descriptor)
            }
        } else if linux.namespaces.contains(.user) {
            (users, groups) = (linux.uidMappings, linux.gidMappings)
            let made = try doing("make user namespace") { [users, groups] () throws(SystemError) in
                try UserNamespace(users: users, groups: groups)
            }
            namespace = SharedDescriptor(
                try doing("make user namespace") { () throws(SystemError) in
                    try made.descriptor.duplicate()
                })
        } else {
            (namespace, users, groups) = (nil, [], [])
        }
    }

    func host(ofUser id: UInt32) throws(RuntimeError) -> UInt32 { try host(of: id, users, "user") }
    func host(ofGroup id: UInt32) throws(RuntimeError) -> UInt32 { try host(of: id, groups, "group") }

    private func host(of id: UInt32, _ ranges: [IDRange], _ kind: String) throws(RuntimeError) -> UInt32 {
        if namespace == nil { return id }
        if let id = ranges.host(of: id) { return id }
        throw RuntimeError(.refused, "find \(kind)", "\(id)", "the container's user namespace has no such id")
    }

    /// Runs `body` while what this thread makes belongs to the container's root. What the thread may do stays the same.
    func makingAsRoot<Result: ~Copyable>(
        _ body: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        guard namespace != nil, let user = users.host(of: 0), let group = groups.host(of: 0) else { return try body() }
        try Identities.make(as: user, group)
        let result: Result
        do throws(SystemError) { result = try body() } catch {
            try Identities.make(as: 0, 0)
            throw error
        }
        try Identities.make(as: 0, 0)
        return result
    }

    private static func make(as user: UInt32, _ group: UInt32) throws(SystemError) {
        try system("make files as", "\(user):\(group)") { varve_make_files_as(user, group) }
    }
}
