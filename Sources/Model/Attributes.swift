/// What a file is: the S_IFMT part of `st_mode` (inode(7)).
public enum FileKind: Sendable, Hashable, CaseIterable {
    case regular, directory, symlink, characterDevice, blockDevice, fifo, socket
}

/// A point in time as the kernel keeps it: seconds since 1970, negative before, and
/// 0 to 999,999,999 nanoseconds that always count forward.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var seconds: Int64
    public var nanoseconds: UInt32

    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        precondition(nanoseconds < 1_000_000_000)
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }
}

/// One extended attribute: the full name with its namespace (`user.note`), and any bytes (xattr(7)).
public struct ExtendedAttribute: Hashable, Sendable {
    public var name: ByteName
    public var value: [UInt8]

    public init(name: ByteName, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// A device's major and minor number (makedev(3)).
public struct DeviceNumber: Hashable, Sendable {
    public var major: UInt32
    public var minor: UInt32

    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }
}

/// Names one inode that several entries of a tree share: entries with equal groups are hard links of
/// each other. Opaque; unique in a tree.
public struct LinkGroup: Hashable, Sendable {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}

/// Everything about a file but its name and its body.
public struct Attributes: Hashable, Sendable {
    public var kind: FileKind
    /// The 12 low bits of `st_mode`: setuid, setgid, sticky and rwx three times.
    public var permissions: UInt16
    public var uid: UInt32
    public var gid: UInt32
    public var modified: Timestamp
    /// Bytes of a regular file's body or of a symlink's target; 0 for everything else.
    public var size: UInt64
    /// The unallocated ranges of a sparse regular file, ascending, not touching, within `size`.
    public var holes: [Range<UInt64>]
    /// Of a character or block device only.
    public var device: DeviceNumber?
    public var linkGroup: LinkGroup?
    /// Sorted by name, each name once.
    public var xattrs: [ExtendedAttribute]

    public init(
        kind: FileKind, permissions: UInt16, uid: UInt32 = 0, gid: UInt32 = 0,
        modified: Timestamp = Timestamp(seconds: 0), size: UInt64 = 0, holes: [Range<UInt64>] = [],
        device: DeviceNumber? = nil, linkGroup: LinkGroup? = nil, xattrs: [ExtendedAttribute] = []
    ) {
        self.kind = kind
        self.permissions = permissions
        self.uid = uid
        self.gid = gid
        self.modified = modified
        self.size = size
        self.holes = holes
        self.device = device
        self.linkGroup = linkGroup
        self.xattrs = xattrs
    }
}
