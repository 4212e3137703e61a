import CLinux
import Glibc

/// A lock on a file (fcntl(2), "Open file description locks"), held until the value goes away or the process ends,
/// however it ends.
public struct FileLock: ~Copyable, Sendable {
    private let file: Descriptor

    private init(file: consuming Descriptor) { self.file = file }

    /// A lock that this process was handed by the one that took it, with the descriptor.
    public init(adopting file: consuming Descriptor) { self.file = file }

    /// The descriptor: whoever gets a copy has the lock too.
    public var raw: Int32 { file.raw }

    /// What the file holds of `count` bytes at `offset`, which is nothing to the lock.
    public func read(_ count: Int, at offset: UInt64) throws(SystemError) -> [UInt8] {
        try file.read(upTo: count, at: offset)
    }

    public func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try file.write(buffer, at: offset) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Whether it is the lock of the file that has this path now.
    public func isOf(_ path: String) throws(SystemError) -> Bool {
        guard let named = try Files.statusIfPresent(KernelPath(path)) else { return false }
        let own = try file.status()
        return (own.device, own.inode) == (named.device, named.inode)
    }

    /// Waits until nobody else holds the lock. The file is made when missing.
    public static func acquire(_ path: String) throws(SystemError) -> FileLock {
        let file = try open(path)
        var request = whole(F_WRLCK)
        let raw = file.raw
        try system("lock", path) { fcntl(raw, F_OFD_SETLKW, &request) }
        return FileLock(file: file)
    }

    /// Waits until nobody holds the lock but others who share it. Writes nothing.
    /// - Returns: nil where there is no file, so that nobody ever had the lock.
    public static func acquireShared(_ path: String) throws(SystemError) -> FileLock? {
        let file: Descriptor
        do throws(SystemError) { file = try Files.open(KernelPath(path), flags: O_RDONLY | O_NOFOLLOW) } catch {
            if error.errno == .noEntry { return nil }
            throw error
        }
        var request = whole(F_RDLCK)
        let raw = file.raw
        try system("lock", path) { fcntl(raw, F_OFD_SETLKW, &request) }
        return FileLock(file: file)
    }

    /// Nil where somebody else holds the lock.
    public static func acquireIfFree(_ path: String) throws(SystemError) -> FileLock? {
        let file = try open(path)
        var request = whole(F_WRLCK)
        let raw = file.raw
        do throws(SystemError) { try system("lock", path) { fcntl(raw, F_OFD_SETLK, &request) } } catch {
            if error.errno == .wouldBlock || error.errno == .accessDenied { return nil }
            throw error
        }
        return FileLock(file: file)
    }

    /// Whether somebody holds the lock. Takes it at no time, so it can't get in anybody's way.
    public static func isHeld(_ path: String) throws(SystemError) -> Bool {
        let file: Descriptor
        do throws(SystemError) { file = try Files.open(KernelPath(path), flags: O_RDONLY | O_NOFOLLOW) } catch {
            if error.errno == .noEntry { return false }
            throw error
        }
        var request = whole(F_WRLCK)
        let raw = file.raw
        try system("look at lock", path) { fcntl(raw, F_OFD_GETLK, &request) }
        return request.l_type != Int16(F_UNLCK)
    }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        try Files.open(KernelPath(path), flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    }

    private static func whole(_ type: Int32) -> flock {
        flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }
}
