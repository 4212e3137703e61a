import Glibc

/// Whether a port of this host is free (ip(7), tcp(7)).
public enum HostPorts {
    /// Tries to take the port, and gives it up again.
    /// - Parameters:
    ///   - number: 0 for any that is free.
    ///   - address: an IPv4 address as a number; 0 for all of the host's.
    ///   - transport: an IPPROTO_ number: TCP, UDP or SCTP.
    /// - Returns: the port, or nil where somebody has it.
    /// - Throws: also where the host has no such address, or no such protocol.
    public static func free(_ number: UInt16, at address: UInt32, transport: Int32) throws(SystemError) -> UInt16? {
        let kind = transport == Int32(IPPROTO_UDP) ? SOCK_DGRAM : SOCK_STREAM
        let subject = "port \(number)"
        let socket = Descriptor(
            owning: try system("open socket for", subject) {
                Glibc.socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), transport)
            })
        let raw = socket.raw
        // Connections that are just ending keep nobody from listening.
        var on: Int32 = 1
        if kind == SOCK_STREAM {
            try system("prepare", subject) {
                setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
            }
        }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = number.bigEndian
        place.sin_addr.s_addr = address.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        do throws(SystemError) {
            try withSocketAddress(&place) { place throws(SystemError) in
                try system("bind", subject) { bind(raw, place, length) }
                if kind == SOCK_STREAM { try system("listen at", subject) { listen(raw, 1) } }
                try system("look at", subject) { getsockname(raw, place, &length) }
            }
        } catch {
            if error.errno == Errno(rawValue: EADDRINUSE) { return nil }
            throw error
        }
        return UInt16(bigEndian: place.sin_port)
    }

    private static func withSocketAddress(
        _ place: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) throws(SystemError) -> Void
    ) throws(SystemError) {
        try withUnsafeMutablePointer(to: &place) { pointer throws(SystemError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { place throws(SystemError) in
                try body(place)
            }
        }
    }
}
