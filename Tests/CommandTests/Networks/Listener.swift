import Glibc
import Linux

/// Somebody who listens on a TCP port of the host, and answers nobody.
final class Listener {
    private let socket: Descriptor
    let port: UInt16

    /// - Parameter address: an IPv4 address as a number; 0 for all of the host's.
    init(address: UInt32 = 0) throws {
        socket = Descriptor(
            owning: try system("open", "socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
        let raw = socket.raw
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = address.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &place) { place in
            try place.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                try system("bind", "any port") { bind(raw, place, length) }
                try system("listen", "any port") { listen(raw, 8) }
                try system("look at", "port") { getsockname(raw, place, &length) }
            }
        }
        port = UInt16(bigEndian: place.sin_port)
    }
}
