import CLinux
import Glibc

/// Network namespaces of other processes (network_namespaces(7)).
public enum NetworkNamespace {
    /// Runs `body` in the namespace: what it opens and asks the kernel for is that one's. It runs in a thread of its own, which
    /// ends with it, so that nothing can be left behind there.
    /// - Parameter path: of the namespace, such as `/proc/1/ns/net`.
    public static func within(_ path: String, _ body: @escaping @Sendable () throws(SystemError) -> Void)
        throws(SystemError)
    {
        let namespace = try Files.open(KernelPath(path), flags: O_RDONLY)
        let raw = namespace.raw
        let failure = Monitor<SystemError?>(nil)
        do {
            let thread = try WorkerThread {
                do throws(SystemError) {
                    try system("enter network namespace", path) { varve_network_enter(raw) }
                    try body()
                } catch {
                    failure.change { $0 = error }
                }
            }
            // Waits for its end.
            _ = consume thread
        }
        withExtendedLifetime(namespace) {}
        if let error = failure.change({ $0 }) { throw error }
    }
}
