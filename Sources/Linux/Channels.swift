import CLinux
import Glibc
import Model

/// Both ends of a pipe (pipe(7)), close-on-exec.
public struct PipeEnds: ~Copyable {
    public let reading: Descriptor
    public let writing: Descriptor

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try system("make", "pipe") { varve_pipe(&ends) }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
    }

    /// - Parameter owner: who can open it by name, as `/dev/stdout` does.
    public func setOwner(_ owner: UInt32) throws(SystemError) {
        let raw = reading.raw
        try system("change owner of", "pipe") { fchown(raw, owner, gid_t.max) }
    }

    public consuming func keepReading() -> Descriptor { reading }
    public consuming func keepWriting() -> Descriptor { writing }
}

/// One end of a connection between processes that carries whole messages (unix(7), SOCK_SEQPACKET).
public struct MessageSocket: ~Copyable, Sendable {
    public let descriptor: Descriptor

    /// Both ends of a new one, close-on-exec.
    public struct Pair: ~Copyable {
        public let near: MessageSocket
        public let far: MessageSocket

        public consuming func keepNear() -> MessageSocket { near }
        public consuming func keepFar() -> MessageSocket { far }
    }

    public static func pair() throws(SystemError) -> Pair {
        var ends: [Int32] = [-1, -1]
        try system("make", "socket") { socketpair(AF_UNIX, type, 0, &ends) }
        return Pair(
            near: MessageSocket(descriptor: Descriptor(owning: ends[0])),
            far: MessageSocket(descriptor: Descriptor(owning: ends[1])))
    }

    /// Connects to the socket of that name.
    /// - Parameter directory: an open one: the path to it may be longer than an address.
    public static func connect(to name: String, in directory: borrowing Descriptor) throws(SystemError) -> MessageSocket
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory.raw)/\(name)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            // Two short numbers and a name of ours: always room.
            place.copyBytes(from: path.prefix(place.count - 1))
        }
        let socket = MessageSocket(
            descriptor: Descriptor(owning: try system("make", "socket") { Glibc.socket(AF_UNIX, type, 0) }))
        let raw = socket.descriptor.raw
        try system("connect to", name) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        return socket
    }

    private static let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    /// Sends one message.
    /// - Returns: false where nobody is there to get it.
    @discardableResult
    public func send(_ message: [UInt8]) throws(SystemError) -> Bool {
        let raw = descriptor.raw
        do throws(SystemError) {
            try system("send", "message") { Glibc.send(raw, message, message.count, Int32(MSG_NOSIGNAL)) }
            return true
        } catch {
            if error.errno == .brokenPipe || error.errno == Errno(rawValue: ECONNRESET) { return false }
            throw error
        }
    }

    /// The next message, waited for; empty where the other end is gone.
    /// - Parameter limit: bytes; what a message has more of is lost.
    public func receive(limit: Int) throws(SystemError) -> [UInt8] {
        var message = [UInt8](repeating: 0, count: limit)
        let raw = descriptor.raw
        // That the other end is gone without having read all is told once, and before what it had sent.
        for _ in 0..<2 {
            do throws(SystemError) {
                let count = try system("receive", "message") { recv(raw, &message, limit, 0) }
                return Array(message.prefix(count))
            } catch {
                if error.errno != Errno(rawValue: ECONNRESET) { throw error }
            }
        }
        return []
    }
}
