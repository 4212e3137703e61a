import CLinux
import Glibc
import Model

/// A file that was found by its name and is held from then on, whatever the name comes to mean: opened with O_PATH, which
/// opens no device, waits for no FIFO's other end, and does not follow a symlink that stands there.
///
/// All that is done goes by the descriptor, so who may rename files meanwhile can lead nothing astray.
public struct FoundFile: ~Copyable {
    public let descriptor: Descriptor

    /// The entry of this name.
    /// - Parameter path: a symlink in the last place is the file itself.
    public static func find(
        _ path: KernelPath, in directory: DirectoryReference, resolve: Resolution = []
    ) throws(SystemError) -> FoundFile {
        FoundFile(descriptor: try Files.open(path, in: directory, flags: O_PATH | O_NOFOLLOW, resolve: resolve))
    }

    /// What a path leads to, symlinks and all, without leaving the directory.
    public static func led(by path: KernelPath, in root: DirectoryReference) throws(SystemError) -> FoundFile {
        FoundFile(
            descriptor: try Files.open(path, in: root, flags: O_PATH, resolve: [.inRoot, .noMagicLinks]))
    }

    /// All about the file but its hard links and holes.
    public func attributes() throws(SystemError) -> Attributes {
        let status = try descriptor.status()
        let isDevice = status.kind == .characterDevice || status.kind == .blockDevice
        return Attributes(
            kind: status.kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
            modified: status.modified, size: status.kind == .regular || status.kind == .symlink ? status.size : 0,
            device: isDevice ? status.device : nil, xattrs: try Xattrs.all(behind: descriptor))
    }

    /// Opens a regular file or a directory for reading. Nothing else: that could have effects, or wait for ever.
    public func openForReading() throws(SystemError) -> Descriptor {
        let kind = try descriptor.status().kind
        guard kind == .regular || kind == .directory else { throw SystemError("open", "special file", .invalid) }
        let flags = O_RDONLY | O_NOCTTY | (kind == .directory ? O_DIRECTORY : 0)
        do throws(SystemError) {
            return try Files.open(KernelPath(descriptor.procPath), flags: flags | O_NONBLOCK)
        } catch {
            guard error.errno == .wouldBlock else { throw error }
            // Somebody has a lease on the file, and has been told to give it up: the kernel sees to that within
            // /proc/sys/fs/lease-break-time (fcntl(2), "Leases").
            return try Files.open(KernelPath(descriptor.procPath), flags: flags)
        }
    }

    /// Opens a regular file for writing, in place. Nothing else.
    /// - Throws: EROFS where it is mounted read-only.
    public func openForWriting() throws(SystemError) -> Descriptor {
        guard try descriptor.status().kind == .regular else { throw SystemError("open", "special file", .invalid) }
        return try Files.open(KernelPath(descriptor.procPath), flags: O_WRONLY | O_NOCTTY)
    }

    /// A symlink's target.
    public func symlinkTarget() throws(SystemError) -> [UInt8] { try Files.readLink("", in: descriptor.reference) }

    /// Whether the file is on a filesystem that shows the kernel's state and holds no files of anybody's: proc, sysfs and
    /// their like (statfs(2), `f_type`).
    public func isOfKernel() throws(SystemError) -> Bool { try descriptor.isOfKernel() }
}

extension Descriptor {
    /// As ``FoundFile/isOfKernel()``.
    public func isOfKernel() throws(SystemError) -> Bool { Self.kernelTypes.contains(try filesystemType()) }

    /// proc, sysfs, devpts, mqueue, cgroup and cgroup2, debugfs, tracefs, securityfs, bpf, configfs, binfmt_misc, fusectl,
    /// pstore, efivarfs (linux/magic.h).
    private static let kernelTypes: Set<Int> = [
        0x9fa0, 0x6265_6572, 0x1cd1, 0x1980_0202, 0x27_e0eb, 0x6367_7270, 0x6462_6720, 0x7472_6163, 0x7363_6673,
        0xcafe_4a11, 0x6265_6570, 0x4249_4e4d, 0x6573_5543, 0x6165_676c, 0xde5e_81e4,
    ]
}

extension Files {
    /// For ``open(_:in:flags:mode:resolve:)``: opens a place to start from, not what is in it (O_PATH of open(2)).
    public static let placeOnly = Int32(O_PATH)
}

/// What a file is given, by a descriptor of any kind, also an O_PATH one.
extension Descriptor {
    /// Owner first, since changing it clears setuid bits and capabilities; the time last.
    /// - Returns: the names of extended attributes that the filesystem does not take.
    public func apply(_ attributes: Attributes) throws(SystemError) -> [ByteName] {
        let raw = raw
        try system("change owner of", "descriptor \(raw)") {
            fchownat(raw, "", attributes.uid, attributes.gid, AT_EMPTY_PATH)
        }
        // By what /proc shows of the descriptor, which leads to the very file.
        let path = KernelPath(procPath)
        if attributes.kind != .symlink { try Files.setPermissions(path, attributes.permissions) }
        var refused: [ByteName] = []
        for xattr in attributes.xattrs {
            let key = KernelPath(xattr.name).bytes
            do throws(SystemError) {
                try system("set attribute \(xattr.name) of", path.description) {
                    setxattr(path.bytes, key, xattr.value, xattr.value.count, 0)
                }
            } catch {
                guard error.errno == .notSupported else { throw error }
                refused.append(xattr.name)
            }
        }
        let value = timespec(tv_sec: Int(attributes.modified.seconds), tv_nsec: Int(attributes.modified.nanoseconds))
        let times = [value, value]
        try system("set times of", "descriptor \(raw)") { utimensat(raw, "", times, AT_EMPTY_PATH) }
        return refused
    }
}
