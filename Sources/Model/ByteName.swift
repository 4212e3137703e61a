import Glibc

/// One file name, or any other string that the kernel takes as bytes: never assumed to be UTF-8,
/// compared byte by byte.
public struct ByteName: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    public init(_ string: String) { bytes = Array(string.utf8) }

    /// Whether this can name a directory entry: 1 to 255 bytes, no NUL, no slash, neither `.` nor `..`.
    public var isEntryName: Bool {
        (1...255).contains(bytes.count)
            && !bytes.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
            && self != "." && self != ".."
    }

    /// The name as text for people: printable UTF-8 as it is, every other byte and the backslash as `\xHH`.
    public var displayed: String { Escaping.displayed(bytes) }

    /// The exact text where the bytes are UTF-8, nil where they are not.
    public var string: String? { String(validating: bytes, as: UTF8.self) }

    public func hasPrefix(_ prefix: ByteName) -> Bool { bytes.starts(with: prefix.bytes) }
}

extension ByteName: Comparable {
    public static func < (a: ByteName, b: ByteName) -> Bool {
        a.bytes.withUnsafeBytes { left in
            b.bytes.withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else {
                    return left.count < right.count
                }
                let order = memcmp(first, second, min(left.count, right.count))
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }
}

extension ByteName: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension ByteName: CustomStringConvertible {
    public var description: String { displayed }
}
