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
    public let descriptor: Descriptor
    /// Whose root's files are outside; nil where it has no root.
    private let root: (user: UInt32, group: UInt32)?

    /// - Parameters: no more ranges each than the kernel takes (340), with root among them where it needs one.
    public init(users: [IDRange], groups: [IDRange], needsRoot: Bool = true) throws(SystemError) {
        root = users.host(of: 0).flatMap { user in groups.host(of: 0).map { (user, $0) } }
        if needsRoot, root == nil { throw SystemError("make user namespace", "without root", .invalid) }
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
        try Self.map(mount, by: descriptor, recursive: recursive)
    }

    /// The same by a namespace that somebody else has made.
    public static func map(
        _ mount: borrowing Descriptor, by namespace: borrowing Descriptor, recursive: Bool
    ) throws(SystemError) {
        let (raw, namespace) = (mount.raw, namespace.raw)
        try system("map ids of", "mount") { varve_map_mount(raw, recursive ? 1 : 0, namespace) }
    }

    /// Who is who in a user namespace, from a descriptor of its file.
    public static func ids(in namespace: borrowing Descriptor) throws(SystemError) -> (
        users: [IDRange], groups: [IDRange]
    ) {
        var (users, groups) = ([CChar](repeating: 0, count: 16384), [CChar](repeating: 0, count: 16384))
        let raw = namespace.raw
        try system("read ids of", "user namespace") { varve_user_maps(raw, &users, &groups, users.count) }
        return (ranges(users), ranges(groups))
    }

    /// Lines as in `/proc/PID/uid_map`.
    private static func ranges(_ text: [CChar]) -> [IDRange] {
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let numbers = line.split(separator: UInt8(ascii: " ")).compactMap {
                UInt32(String(decoding: $0, as: UTF8.self))
            }
            return numbers.count == 3 ? IDRange(container: numbers[0], host: numbers[1], size: numbers[2]) : nil
        }
    }

    /// Runs `body` while what this thread makes belongs to the namespace's root. What the thread may do stays the same.
    public func makingAsRoot<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
        guard let root else { throw SystemError("make files as root of", "user namespace without one", .invalid) }
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
