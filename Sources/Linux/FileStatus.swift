import CLinux
import Glibc
import Model

/// What statx(2) says of a file.
public struct FileStatus: Sendable, Hashable {
    public let kind: FileKind
    /// The 12 low bits of the mode.
    public let permissions: UInt16
    public let uid: UInt32
    public let gid: UInt32
    public let size: UInt64
    public let modified: Timestamp
    public let changed: Timestamp
    public let inode: UInt64
    public let linkCount: UInt32
    /// Units of 512 bytes that are allocated.
    public let blocks: UInt64
    /// The filesystem that holds the file.
    public let filesystem: DeviceNumber
    /// Which device a device file stands for; 0:0 for all other kinds.
    public let device: DeviceNumber
    /// Whether something is mounted here: it is what the mount shows at its top (STATX_ATTR_MOUNT_ROOT, Linux 5.8).
    public let isMountRoot: Bool

    init(_ s: statx) {
        kind =
            switch UInt32(s.stx_mode) & UInt32(S_IFMT) {
            case UInt32(S_IFDIR): .directory
            case UInt32(S_IFLNK): .symlink
            case UInt32(S_IFCHR): .characterDevice
            case UInt32(S_IFBLK): .blockDevice
            case UInt32(S_IFIFO): .fifo
            case UInt32(S_IFSOCK): .socket
            default: .regular
            }
        permissions = s.stx_mode & 0o7777
        uid = s.stx_uid
        gid = s.stx_gid
        size = s.stx_size
        modified = Timestamp(seconds: s.stx_mtime.tv_sec, nanoseconds: s.stx_mtime.tv_nsec)
        changed = Timestamp(seconds: s.stx_ctime.tv_sec, nanoseconds: s.stx_ctime.tv_nsec)
        inode = s.stx_ino
        linkCount = s.stx_nlink
        blocks = s.stx_blocks
        filesystem = DeviceNumber(major: s.stx_dev_major, minor: s.stx_dev_minor)
        device = DeviceNumber(major: s.stx_rdev_major, minor: s.stx_rdev_minor)
        isMountRoot = s.stx_attributes & UInt64(STATX_ATTR_MOUNT_ROOT) != 0
    }

    /// Whether it is the same file, by its number on its filesystem.
    public func isOfSameFile(as other: FileStatus) -> Bool { (filesystem, inode) == (other.filesystem, other.inode) }

    /// Whether this is overlayfs's mark of a removed file: a character device 0:0
    /// (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories").
    public var isWhiteout: Bool { kind == .characterDevice && device == DeviceNumber(major: 0, minor: 0) }
}

extension FileKind {
    /// The S_IFMT bits.
    public var modeBits: UInt32 {
        switch self {
        case .regular: UInt32(S_IFREG)
        case .directory: UInt32(S_IFDIR)
        case .symlink: UInt32(S_IFLNK)
        case .characterDevice: UInt32(S_IFCHR)
        case .blockDevice: UInt32(S_IFBLK)
        case .fifo: UInt32(S_IFIFO)
        case .socket: UInt32(S_IFSOCK)
        }
    }
}

extension Descriptor {
    /// statx(2) of the open file itself.
    public func status() throws(SystemError) -> FileStatus {
        var result = statx()
        let raw = raw
        try system("stat", "descriptor \(raw)") {
            varve_statx(raw, [0], AT_EMPTY_PATH, UInt32(STATX_BASIC_STATS), &result)
        }
        return FileStatus(result)
    }

    /// The unallocated ranges of a regular file, ascending (lseek(2), SEEK_HOLE and SEEK_DATA).
    public func holes(size: UInt64) throws(SystemError) -> [Range<UInt64>] {
        var holes: [Range<UInt64>] = []
        var position: UInt64 = 0
        let raw = raw
        while position < size {
            let hole = UInt64(try system("find hole", "") { lseek(raw, off_t(position), SEEK_HOLE) })
            if hole >= size { break }
            do throws(SystemError) {
                position = UInt64(try system("find data", "") { lseek(raw, off_t(hole), SEEK_DATA) })
            } catch {
                guard error.errno == .noAddress else { throw error }
                position = size
            }
            holes.append(hole..<min(position, size))
        }
        return holes
    }
}

extension Descriptor {
    /// Which kind of filesystem the file is on: a number of linux/magic.h (statfs(2)).
    public func filesystemType() throws(SystemError) -> Int {
        let raw = raw
        return Int(try system("look at filesystem", "") { varve_filesystem_type(raw) })
    }
}

extension Files {
    /// As ``status(_:in:)``, but of what a symlink leads to.
    public static func statusOfTarget(_ path: KernelPath) throws(SystemError) -> FileStatus {
        try open(path, flags: O_PATH).status()
    }
}
