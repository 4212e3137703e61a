/// Finds, in what is typed, the keys that leave a container to itself.
public struct DetachKeys: Sendable {
    /// `ctrl-p,ctrl-q`.
    public static let standard: [UInt8] = [16, 17]

    private let keys: [UInt8]
    /// How many of the keys were typed last, and held back.
    private var seen = 0

    /// - Parameter keys: empty for none.
    public init(_ keys: [UInt8]) { self.keys = keys }

    /// What of the typed bytes goes to the container; nil where all keys were typed.
    public mutating func pass(_ typed: ArraySlice<UInt8>) -> [UInt8]? {
        guard !keys.isEmpty else { return Array(typed) }
        var passed: [UInt8] = []
        for byte in typed {
            if byte != keys[seen] {
                passed += keys[..<seen]
                seen = 0
            }
            guard byte == keys[seen] else {
                passed.append(byte)
                continue
            }
            seen += 1
            if seen == keys.count { return nil }
        }
        return passed
    }

    /// Keys as Docker writes them: characters and `ctrl-` with a letter or one of `@[\]^_`, with commas between.
    /// Nil for anything else.
    public static func parse(_ text: String) -> [UInt8]? {
        if text.isEmpty { return [] }
        var keys: [UInt8] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let bytes = Array(word.utf8)
            if bytes.count == 1, bytes[0] < 0x80 {
                keys.append(bytes[0])
            } else if bytes.count == 6, word.lowercased().hasPrefix("ctrl-"), let key = control(bytes[5]) {
                keys.append(key)
            } else {
                return nil
            }
        }
        return keys
    }

    private static func control(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 1
        case UInt8(ascii: "@")...UInt8(ascii: "_"): byte - UInt8(ascii: "@")
        default: nil
        }
    }
}
