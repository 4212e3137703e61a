import Glibc
import Linux
import Model
import Runtime

/// Open files that a process is given beside its standard streams: 3, 4 and so on.
public struct PassedFiles: Sendable {
    /// Borrowed, in their order.
    let descriptors: [Int32]
    /// What tells the process of those that systemd passed on (sd_listen_fds(3)).
    let environment: [ByteName]

    public init() { (descriptors, environment) = ([], []) }

    /// This process's own from 3 on.
    /// - Parameters:
    ///   - listening: how many of them are sockets that systemd passed on; they are the first.
    ///   - others: how many come then.
    public init(listening: Int, others: Int) throws {
        guard listening >= 0, others >= 0, listening + others <= 4096 else {
            throw OCIError(.refused, "pass descriptors", "\(others)", "it is no number of descriptors from 0 to 4096")
        }
        descriptors = (0..<listening + others).map { Int32($0) + 3 }
        for descriptor in descriptors where fcntl(descriptor, F_GETFD) == -1 {
            throw OCIError(.failed, "pass descriptors", "\(descriptor)", Errno.last.description)
        }
        environment = listening > 0 ? ["LISTEN_FDS=\(listening)", "LISTEN_PID=1"].map { ByteName($0) } : []
    }
}

extension StandardStreams {
    /// The caller's own, terminals too: for a process that outlives the caller, so that nobody is left to copy.
    static var passed: StandardStreams { StandardStreams(input: 0, handsTerminalsOver: true) }
}
