import CLinux

/// Ids `container` to `container + size - 1` inside are `host` and so on outside (user_namespaces(7)).
public struct IDRange: Hashable, Sendable {
    public var container: UInt32
    public var host: UInt32
    public var size: UInt32

    public init(container: UInt32, host: UInt32, size: UInt32) {
        self.container = container
        self.host = host
        self.size = size
    }
}

extension [IDRange] {
    /// Who an id of the outside is inside; nil where it is nobody.
    public func container(of id: UInt32) -> UInt32? {
        for range in self where id >= range.host && id - range.host < range.size {
            return range.container + (id - range.host)
        }
        return nil
    }

    /// Whose an id of the inside is outside; nil where it is nobody's.
    public func host(of id: UInt32) -> UInt32? {
        for range in self where id >= range.container && id - range.container < range.size {
            return range.host + (id - range.container)
        }
        return nil
    }
}

/// A user namespace without a process, for mounts to show owners by (mount_setattr(2), MOUNT_ATTR_IDMAP).
public final class UserNamespace: Sendable {
    private let descriptor: Descriptor
    /// Whose root's files are outside.
    private let root: (user: UInt32, group: UInt32)

    /// - Parameters: no more ranges each than the kernel takes (340), with root among them.
    public init(users: [IDRange], groups: [IDRange]) throws(SystemError) {
        guard let user = users.host(of: 0), let group = groups.host(of: 0) else {
            throw SystemError("make user namespace", "without root", .invalid)
        }
        root = (user, group)
        let maps = [users, groups].map { ranges in
            Array(ranges.map { "\($0.container) \($0.host) \($0.size)\n" }.joined().utf8CString)
        }
        descriptor = Descriptor(
            owning: try system("make user namespace", "") { varve_user_namespace(maps[0], maps[1]) })
    }

    /// Shows what is on a detached mount as belonging to who the ids mean in this namespace. Whose ids are not mapped
    /// belongs to nobody there, and nobody who is not mapped can make anything on it: EOVERFLOW.
    ///
    /// EINVAL where the filesystem can't do that, or the kernel.
    public func map(_ mount: borrowing Descriptor, recursive: Bool = false) throws(SystemError) {
        let (raw, namespace) = (mount.raw, descriptor.raw)
        try system("map ids of", "mount") { varve_map_mount(raw, recursive ? 1 : 0, namespace) }
    }

    /// Runs `body` while what this thread makes belongs to the namespace's root. What the thread may do stays the same.
    public func makingAsRoot<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
        try Self.make(as: root)
        let result: Result
        do { result = try body() } catch {
            try Self.make(as: (0, 0))
            throw error
        }
        try Self.make(as: (0, 0))
        return result
    }

    private static func make(as owner: (user: UInt32, group: UInt32)) throws(SystemError) {
        try system("make files as", "\(owner.user):\(owner.group)") { varve_make_files_as(owner.user, owner.group) }
    }
}
