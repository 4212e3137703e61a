/// An IPv4 address, ordered as numbers are.
public struct IPv4Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// Four decimal numbers without leading zeros, as inet_pton(3) takes them.
    public init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            number = number << 8 | UInt32(byte)
        }
        self.number = number
    }

    public var description: String {
        [24, 16, 8, 0].map { String(number >> UInt32($0) & 0xff) }.joined(separator: ".")
    }

    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }

    /// 127.0.0.0/8.
    public var isLoopback: Bool { number >> 24 == 127 }
}

/// A block of IPv4 addresses, written `10.1.2.0/24`.
public struct IPv4Subnet: Hashable, Sendable, CustomStringConvertible {
    /// The lowest one, which is the network's own.
    public let first: IPv4Address
    /// How many leading bits all have in common: 0 to 32.
    public let prefix: Int

    /// Nil where `first` has a bit behind the prefix.
    public init?(_ first: IPv4Address, prefix: Int) {
        guard (0...32).contains(prefix), first.number & Self.hostBits(prefix) == 0 else { return nil }
        self.first = first
        self.prefix = prefix
    }

    /// The block of this size that an address is in.
    public init?(around address: IPv4Address, prefix: Int) {
        guard (0...32).contains(prefix) else { return nil }
        self.init(IPv4Address(address.number & ~Self.hostBits(prefix)), prefix: prefix)
    }

    public init?(parsing text: some StringProtocol) {
        guard let (address, prefix) = Self.split(text) else { return nil }
        self.init(address, prefix: prefix)
    }

    /// An address with the size of its block, such as `10.1.2.7/24`.
    public static func split(_ text: some StringProtocol) -> (address: IPv4Address, prefix: Int)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parsing: parts[0]), let prefix = UInt8(parts[1]),
            prefix <= 32, String(prefix) == parts[1]
        else { return nil }
        return (address, Int(prefix))
    }

    /// The highest address, which is the broadcast's in blocks of more than two.
    public var last: IPv4Address { IPv4Address(first.number | Self.hostBits(prefix)) }

    public func contains(_ address: IPv4Address) -> Bool { first <= address && address <= last }

    public func contains(_ other: IPv4Subnet) -> Bool { contains(other.first) && contains(other.last) }

    public func overlaps(_ other: IPv4Subnet) -> Bool { first <= other.last && other.first <= last }

    public var description: String { "\(first)/\(prefix)" }

    private static func hostBits(_ prefix: Int) -> UInt32 { prefix == 0 ? .max : (1 << UInt32(32 - prefix)) - 1 }
}
