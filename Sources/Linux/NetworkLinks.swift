import CLinux
import Glibc

/// Network devices of this process's network namespace, by name (at most 15 bytes).
public enum NetworkLinks {
    public static func exists(_ name: String) -> Bool { if_nametoindex(name) != 0 }

    /// Takes a device away. One that is gone already counts as taken away.
    public static func delete(_ name: String) throws(SystemError) {
        do throws(SystemError) { try system("delete network device", name) { varve_link_delete(name) } } catch {
            if error.errno != .noDevice { throw error }
        }
    }
}
