import Glibc
import Linux
import Model

/// A `.lock` file that stands in the way.
struct StaleLock {
    let path: String

    private static let age: Int64 = 2

    /// Returns when it is gone. The caller holds the lock of varve's own that goes before it: what is there is a plain
    /// git's, which is short, or was left by a killed process.
    func clear() throws(StoreError) {
        while true {
            let isThere = try attempt("look for lock", path) { () throws(SystemError) in
                try Files.exists(KernelPath(path))
            }
            if !isThere { return }
            if try !removeIfStale() { usleep(20_000) }
        }
    }

    /// Removes it when it is old enough, and says whether it did.
    func removeIfStale() throws(StoreError) -> Bool {
        do throws(SystemError) {
            guard let status = try Files.statusIfPresent(KernelPath(path)) else { return false }
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            // A time in the future is a clock that was set back: as good as old.
            guard !(0..<Self.age).contains(Int64(now.tv_sec) - status.modified.seconds) else { return false }
            try Files.removeIfPresent(KernelPath(path), in: .current)
            return true
        } catch {
            throw StoreError("remove stale lock", path, .system(error))
        }
    }
}
