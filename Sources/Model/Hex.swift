extension Array where Element == UInt8 {
    /// - Parameter hex: an even number of hexadecimal digits of either case; anything else gives nil.
    public init?(hex: some StringProtocol) {
        let digits = hex.utf8
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(digits.count / 2)
        var pending: UInt8?
        for digit in digits {
            guard let value = UInt8(hexDigit: digit) else { return nil }
            if let first = pending {
                append(first << 4 | value)
                pending = nil
            } else {
                pending = value
            }
        }
    }
}

extension Sequence<UInt8> {
    /// Two lowercase hexadecimal digits a byte.
    public var hex: String {
        var digits: [UInt8] = []
        for byte in self {
            digits.append(hexDigits[Int(byte >> 4)])
            digits.append(hexDigits[Int(byte & 15)])
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

let hexDigits = Array("0123456789abcdef".utf8)

extension UInt8 {
    /// The value of one ASCII hexadecimal digit of either case.
    init?(hexDigit: UInt8) {
        switch hexDigit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self = hexDigit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self = hexDigit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self = hexDigit - UInt8(ascii: "A") + 10
        default: return nil
        }
    }
}
