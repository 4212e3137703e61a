import CLinux
import Glibc

/// Network devices of the calling thread's network namespace, by name (at most 15 bytes).
public enum NetworkLinks {
    public static func exists(_ name: String) -> Bool { if_nametoindex(name) != 0 }

    /// Takes a device away. One that is gone already counts as taken away.
    public static func delete(_ name: String) throws(SystemError) {
        do throws(SystemError) { try system("delete network device", name) { varve_link_delete(name) } } catch {
            if error.errno != .noDevice { throw error }
        }
    }

    /// Has a device do without IPv6, also without the address that each gets by itself (Documentation/networking/ip-sysctl.rst,
    /// `disable_ipv6`). Where the kernel knows no IPv6, or the device is gone, nothing is left to do.
    /// - Parameter name: `all` for all that there are, `default` for those to come.
    public static func disableIPv6(_ name: String) throws(SystemError) {
        do throws(SystemError) {
            let file = try Files.open(KernelPath("/proc/sys/net/ipv6/conf/\(name)/disable_ipv6"), flags: O_WRONLY)
            try file.write([UInt8(ascii: "1")])
        } catch {
            if error.errno != .noEntry { throw error }
        }
    }
}
