import CGit2
import Glibc
import Linux
import Model

/// A `.lock` file that stands in the way.
struct StaleLock {
    let path: String

    private static let age: Int64 = 2

    /// Does what such locks may keep libgit2 from. The caller holds the lock of varve's own that goes before them all:
    /// what is there is a plain git's, which is short, or was left by a killed process.
    static func retry(_ paths: [String], _ body: () throws(StoreError) -> Void) throws(StoreError) {
        while true {
            do throws(StoreError) { return try body() } catch {
                guard case .git(GIT_ELOCKED.rawValue, _) = error.cause else { throw error }
                var isRemoved = false
                for path in paths where try StaleLock(path: path).removeIfStale() { isRemoved = true }
                if !isRemoved { usleep(20_000) }
            }
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
