import Glibc

/// An advisory lock on a file (flock(2)), held until the value goes away or the process ends, however it ends.
public struct FileLock: ~Copyable, Sendable {
    private let file: Descriptor

    private init(file: consuming Descriptor) { self.file = file }

    /// Waits until nobody else holds the lock. The file is made when missing.
    public static func acquire(_ path: String) throws(SystemError) -> FileLock {
        let file = try open(path)
        let raw = file.raw
        try system("lock", path) { flock(raw, LOCK_EX) }
        return FileLock(file: file)
    }

    /// Nil where somebody else holds the lock.
    public static func acquireIfFree(_ path: String) throws(SystemError) -> FileLock? {
        let file = try open(path)
        let raw = file.raw
        do throws(SystemError) { try system("lock", path) { flock(raw, LOCK_EX | LOCK_NB) } } catch {
            if error.errno == .wouldBlock { return nil }
            throw error
        }
        return FileLock(file: file)
    }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        try Files.open(KernelPath(path), flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
    }
}
