import Glibc
import Linux

/// A name that a host has (hostname(7)) or is found by (hosts(5)): letters, digits, `-`, `_` and `.`, the first being none of
/// `-` and `.`. So it is one word of one line wherever it is written.
public struct HostName: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// The longest that the kernel takes as a host's own name, in bytes (`__NEW_UTS_LEN`).
    public static let longestOwn = 64
    /// What a name has to be, for messages.
    public static let rule = "it takes letters, digits, '-', '_' and '.', at most"

    /// - Parameter longest: in bytes; names of DNS have at most 253 (RFC 1035, section 2.3.4).
    public init?(_ text: String, longest: Int = 253) {
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isName, (1...longest).contains(text.utf8.count), text.first != "-", text.first != "." else { return nil }
        self.text = text
    }

    public var description: String { text }
}

extension Container {
    /// Its host name: that of the host on the host's network, else its short id, unless it was given one.
    public var hostname: String {
        get throws {
            if let name = configuration.hostname { return name.text }
            return configuration.connection.mode == .host ? try Self.hostOwnName() : shortID
        }
    }

    private static func hostOwnName() throws(SystemError) -> String {
        var names = utsname()
        try system("look at", "host name") { uname(&names) }
        return withUnsafeBytes(of: &names.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
