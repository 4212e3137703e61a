import CLinux
import Glibc

/// A connected UNIX socket (unix(7)).
public struct StreamSocket: ~Copyable, Sendable {
    public let descriptor: Descriptor

    /// Connects to whoever listens at `path`, which may be longer than an address.
    public static func connect(to path: String) throws(SystemError) -> StreamSocket {
        let slash = path.lastIndex(of: "/")
        let directory = try Files.open(
            KernelPath(slash.map { String(path[...$0]) } ?? "."), flags: O_PATH | O_DIRECTORY)
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array("\(directory.procPath)/\(name)".utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            guard bytes.count < place.count, !bytes.contains(0) else { return false }
            place.copyBytes(from: bytes)
            return true
        }
        guard fits else { throw SystemError("connect to", path, Errno(rawValue: ENAMETOOLONG)) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(owning: try system("make", "socket") { Glibc.socket(AF_UNIX, type, 0) })
        let raw = socket.raw
        try system("connect to", path) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        return StreamSocket(descriptor: socket)
    }

    /// Gives the receiver a descriptor of the same open file (SCM_RIGHTS).
    /// - Parameter text: what goes beside it; not empty.
    public func send(_ file: borrowing Descriptor, with text: [UInt8]) throws(SystemError) {
        let (raw, sent) = (descriptor.raw, file.raw)
        try system("send", "descriptor") { varve_send_descriptor(raw, sent, text, text.count) }
    }

    private init(descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
