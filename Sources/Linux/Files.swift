import CLinux
import Glibc
import Model

/// Where a relative path starts: an open directory, or the process's current one.
public struct DirectoryReference: Sendable {
    let raw: Int32
    init(raw: Int32) { self.raw = raw }

    public static let current = DirectoryReference(raw: AT_FDCWD)
}

extension Descriptor {
    /// This directory as a starting point. Valid only while the descriptor is alive.
    public var reference: DirectoryReference { DirectoryReference(raw: raw) }
}

/// A path as the kernel takes it: bytes without NUL.
///
/// Built from text that varve itself made up, or from names that came from outside.
public struct KernelPath: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    let bytes: [CChar]

    /// Anything after a NUL would be invisible to the kernel, so a NUL makes the path one that never exists.
    public init(_ bytes: some Sequence<UInt8>) {
        var path: [CChar] = []
        path.reserveCapacity(bytes.underestimatedCount + 1)
        for byte in bytes {
            if byte == 0 {
                path = []
                break
            }
            path.append(CChar(bitPattern: byte))
        }
        path.append(0)
        self.bytes = path
    }
    public init(_ string: String) { self.init(string.utf8) }
    public init(_ name: ByteName) { self.init(name.bytes) }
    /// Relative to the directory that stands for the root.
    public init(relative path: BytePath) {
        self.init(path.isRoot ? [UInt8(ascii: ".")] : Array(path.bytes.dropFirst()))
    }
    public init(stringLiteral value: String) { self.init(value) }

    public var description: String {
        Escaping.displayed(bytes.dropLast().map { UInt8(bitPattern: $0) })
    }
}

/// How openat2(2) may resolve a path (RESOLVE_*).
public struct Resolution: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Fails with EXDEV on any step out of the starting directory.
    public static let beneath = Resolution(rawValue: UInt64(RESOLVE_BENEATH))
    /// The starting directory is the root: `/…`, `..` and absolute symlinks stay inside.
    public static let inRoot = Resolution(rawValue: UInt64(RESOLVE_IN_ROOT))
    /// Fails with ELOOP on any symlink.
    public static let noSymlinks = Resolution(rawValue: UInt64(RESOLVE_NO_SYMLINKS))
    public static let noMagicLinks = Resolution(rawValue: UInt64(RESOLVE_NO_MAGICLINKS))
    /// Fails with EXDEV on crossing a mount point.
    public static let noMountCrossing = Resolution(rawValue: UInt64(RESOLVE_NO_XDEV))
}

/// File operations relative to a directory. Every descriptor is close-on-exec.
public enum Files {
    /// openat2(2).
    public static func open(
        _ path: KernelPath, in directory: DirectoryReference = .current, flags: Int32,
        mode: UInt32 = 0, resolve: Resolution = []
    ) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try system("open", path.description) {
                varve_openat2(
                    directory.raw, path.bytes, UInt64(UInt32(bitPattern: flags | O_CLOEXEC)),
                    UInt64(mode), resolve.rawValue)
            })
    }

    /// A file without a name, for reading and writing, which is gone when nobody has it open (O_TMPFILE).
    /// - Parameter directory: on whose filesystem it takes its room.
    public static func makeUnnamed(in directory: DirectoryReference) throws(SystemError) -> Descriptor {
        try open(".", in: directory, flags: O_TMPFILE | O_RDWR, mode: 0o600)
    }

    /// A file without a name, in memory (memfd_create(2)).
    /// - Parameter label: what /proc calls it.
    public static func makeInMemory(_ label: String) throws(SystemError) -> Descriptor {
        Descriptor(owning: try system("make file", label) { varve_memory_file(label) })
    }

    /// A directory for reading; a symlink in the last place is not followed.
    public static func openDirectory(
        _ path: KernelPath, in directory: DirectoryReference = .current, resolve: Resolution = []
    ) throws(SystemError) -> Descriptor {
        try open(path, in: directory, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: resolve)
    }

    /// statx(2) without following a symlink.
    public static func status(
        _ path: KernelPath, in directory: DirectoryReference = .current
    ) throws(SystemError) -> FileStatus {
        var result = statx()
        try system("stat", path.description) {
            varve_statx(
                directory.raw, path.bytes, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, UInt32(STATX_BASIC_STATS), &result)
        }
        return FileStatus(result)
    }

    /// Nil where nothing is there; any other failure throws.
    public static func statusIfPresent(
        _ path: KernelPath, in directory: DirectoryReference = .current
    ) throws(SystemError) -> FileStatus? {
        do throws(SystemError) { return try status(path, in: directory) } catch {
            if error.errno == .noEntry || error.errno == .notDirectory { return nil }
            throw error
        }
    }

    public static func exists(_ path: KernelPath, in directory: DirectoryReference = .current) throws(SystemError)
        -> Bool
    {
        try statusIfPresent(path, in: directory) != nil
    }

    public static func makeDirectory(
        _ path: KernelPath, in directory: DirectoryReference = .current, mode: UInt32 = 0o755
    ) throws(SystemError) {
        try system("make directory", path.description) { mkdirat(directory.raw, path.bytes, mode) }
    }

    /// Makes the directory and its missing parents. What exists already is left as it is.
    /// - Parameter mode: of the directory; its parents get 0755.
    public static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        let parts = path.split(separator: "/")
        for (index, part) in parts.enumerated() {
            prefix += part
            let mode = index == parts.count - 1 ? mode : 0o755
            do throws(SystemError) { try makeDirectory(KernelPath(prefix), mode: mode) } catch {
                if error.errno != .exists { throw error }
            }
            prefix += "/"
        }
    }

    /// RENAME_NOREPLACE of renameat2(2): fails with EEXIST rather than replace.
    public static let noReplace = UInt32(RENAME_NOREPLACE)

    /// - Parameter flags: ``noReplace`` and so on, of renameat2(2).
    public static func rename(
        _ old: KernelPath, in oldDirectory: DirectoryReference = .current,
        to new: KernelPath, in newDirectory: DirectoryReference = .current, flags: UInt32 = 0
    ) throws(SystemError) {
        try system("rename", "\(old) to \(new)") {
            varve_renameat2(oldDirectory.raw, old.bytes, newDirectory.raw, new.bytes, flags)
        }
    }

    public static func link(
        _ old: KernelPath, in oldDirectory: DirectoryReference = .current,
        to new: KernelPath, in newDirectory: DirectoryReference = .current, flags: Int32 = 0
    ) throws(SystemError) {
        try system("link", "\(old) to \(new)") {
            linkat(oldDirectory.raw, old.bytes, newDirectory.raw, new.bytes, flags)
        }
    }

    /// Gives a file that has none yet (``makeUnnamed(in:)``) a name.
    /// - Throws: EEXIST where something has it.
    public static func link(
        _ file: borrowing Descriptor, to path: KernelPath, in directory: DirectoryReference
    ) throws(SystemError) {
        try link(KernelPath(file.procPath), in: .current, to: path, in: directory, flags: AT_SYMLINK_FOLLOW)
    }

    public static func makeSymlink(
        _ path: KernelPath, in directory: DirectoryReference = .current, target: KernelPath
    ) throws(SystemError) {
        try system("make symlink", path.description) { symlinkat(target.bytes, directory.raw, path.bytes) }
    }

    /// Makes a device, FIFO, socket or empty regular file.
    /// - Parameter mode: file type and permission bits.
    public static func makeNode(
        _ path: KernelPath, in directory: DirectoryReference = .current, mode: UInt32,
        device: DeviceNumber = DeviceNumber(major: 0, minor: 0)
    ) throws(SystemError) {
        try system("make node", path.description) {
            mknodat(directory.raw, path.bytes, mode, varve_makedev(device.major, device.minor))
        }
    }

    public static func remove(_ path: KernelPath, in directory: DirectoryReference = .current) throws(SystemError) {
        try system("remove", path.description) { unlinkat(directory.raw, path.bytes, 0) }
    }

    public static func removeDirectory(
        _ path: KernelPath, in directory: DirectoryReference = .current
    ) throws(SystemError) {
        try system("remove directory", path.description) { unlinkat(directory.raw, path.bytes, AT_REMOVEDIR) }
    }

    /// A symlink's target.
    public static func readLink(
        _ path: KernelPath, in directory: DirectoryReference = .current
    ) throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try system("read symlink", path.description) {
            buffer.withUnsafeMutableBytes {
                readlinkat(directory.raw, path.bytes, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
            }
        }
        return Array(buffer[..<count])
    }

    /// Sets owner and group of the entry itself, never of what a symlink points at.
    public static func setOwner(
        _ path: KernelPath, in directory: DirectoryReference = .current, uid: UInt32, gid: UInt32
    ) throws(SystemError) {
        try system("change owner of", path.description) {
            fchownat(directory.raw, path.bytes, uid, gid, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// Sets the 12 permission bits. A symlink is refused by the kernel.
    public static func setPermissions(
        _ path: KernelPath, in directory: DirectoryReference = .current, _ permissions: UInt16
    ) throws(SystemError) {
        try system("change permissions of", path.description) {
            fchmodat(directory.raw, path.bytes, UInt32(permissions), 0)
        }
    }

    /// Sets the modification time of the entry itself; the access time is set to the same.
    public static func setModified(
        _ path: KernelPath, in directory: DirectoryReference = .current, _ time: Timestamp
    ) throws(SystemError) {
        let value = timespec(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds))
        let times = [value, value]
        try system("set times of", path.description) {
            utimensat(directory.raw, path.bytes, times, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// One entry of a directory as getdents64(2) tells of it.
    public struct DirectoryEntry: Sendable {
        public let name: ByteName
        public let inode: UInt64
        /// Nil where the filesystem does not say.
        public let kind: FileKind?
    }

    /// The names in a directory without `.` and `..`, in the order the filesystem gives them.
    public static func names(in directory: borrowing Descriptor) throws(SystemError) -> [ByteName] {
        try entries(in: directory).map(\.name)
    }

    /// What is in a directory, without `.` and `..`, in the order the filesystem gives it.
    public static func entries(in directory: borrowing Descriptor) throws(SystemError) -> [DirectoryEntry] {
        let raw = directory.raw
        try system("rewind", "directory") { lseek(raw, 0, SEEK_SET) }
        var entries: [DirectoryEntry] = []
        // On the stack and not cleared first: a capture reads a directory for every few files.
        return try withUnsafeTemporaryAllocation(byteCount: 32768, alignment: 8) { buffer throws(SystemError) in
            while true {
                let count = try system("read directory", "") {
                    varve_getdents64(raw, buffer.baseAddress, buffer.count)
                }
                if count == 0 { return entries }
                append(entriesIn: UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: &entries)
            }
        }
    }

    /// Reads `struct linux_dirent64`: u64 inode, s64 offset, u16 record length, u8 type, name, NUL (getdents(2)).
    private static func append(entriesIn records: UnsafeRawBufferPointer, to entries: inout [DirectoryEntry]) {
        var record = 0
        while record < records.count {
            let length = Int(records.loadUnaligned(fromByteOffset: record + 16, as: UInt16.self))
            let field = UnsafeRawBufferPointer(rebasing: records[(record + 19)..<(record + length)])
            let end = field.firstIndex(of: 0) ?? field.count
            let isDots = field[0] == UInt8(ascii: ".") && (end == 1 || (end == 2 && field[1] == UInt8(ascii: ".")))
            if !isDots {
                entries.append(
                    DirectoryEntry(
                        name: ByteName([UInt8](UnsafeRawBufferPointer(rebasing: field[..<end]))),
                        inode: records.loadUnaligned(fromByteOffset: record, as: UInt64.self),
                        kind: FileKind(directoryType: records[record + 18])))
            }
            record += length
        }
    }
}

extension FileKind {
    /// Of a DT_* value (readdir(3)); nil for DT_UNKNOWN.
    fileprivate init?(directoryType: UInt8) {
        switch directoryType {
        case 1: self = .fifo
        case 2: self = .characterDevice
        case 4: self = .directory
        case 6: self = .blockDevice
        case 8: self = .regular
        case 10: self = .symlink
        case 12: self = .socket
        default: return nil
        }
    }
}
