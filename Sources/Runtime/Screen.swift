import Glibc
import Linux

extension SharedDescriptor {
    /// What shows a container's output. A terminal is opened anew, so that writing never blocks: one that polls as writable
    /// may still take less than it is given. Anything else, and a terminal that may not be opened, as after su(1), is copied.
    /// - Parameter raw: borrowed.
    static func screen(_ raw: Int32) throws(SystemError) -> SharedDescriptor {
        if isatty(raw) == 1 {
            do throws(SystemError) {
                let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY
                return SharedDescriptor(try Files.open(KernelPath("/proc/self/fd/\(raw)"), flags: flags))
            } catch {
                guard [.accessDenied, .noEntry, .noDevice].contains(error.errno) else { throw error }
            }
        }
        return SharedDescriptor(
            Descriptor(owning: try system("duplicate", "console") { fcntl(raw, F_DUPFD_CLOEXEC, 3) }))
    }
}

/// Waits until somebody who shows things takes more, or is gone.
/// - Parameter signals: the descriptor of a queue of signals.
/// - Returns: false where a signal came first: nobody wants to wait any longer.
func waitForRoom(on screen: Int32, orSignal signals: Int32) throws(SystemError) -> Bool {
    var requests = [
        pollfd(fd: screen, events: Int16(POLLOUT), revents: 0), pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
    ]
    try system("wait for", "console") { poll(&requests, nfds_t(requests.count), -1) }
    return requests[0].revents != 0
}
