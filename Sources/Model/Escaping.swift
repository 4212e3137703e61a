/// How bytes are written where only text can stand.
public enum Escaping {
    /// For people: UTF-8 text stays readable; control characters, the backslash and bytes that are not
    /// UTF-8 become `\xHH`.
    public static func displayed(_ bytes: [UInt8]) -> String {
        if bytes.allSatisfy({ (0x20...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var result = ""
        var rest = bytes[...]
        while let first = rest.first {
            if let scalar = firstScalar(of: rest), isPrintable(scalar) {
                result.unicodeScalars.append(scalar)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else {
                result += hexEscape(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// For formats: the bytes `!` to `~` except the backslash and `=` stay, all others become `\xHH`.
    /// The result is one word of ASCII, reversed by ``unescaped(_:)``.
    public static func word(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ isPlain($0) }) { return bytes }
        var result: [UInt8] = []
        for byte in bytes {
            if isPlain(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "\\"), UInt8(ascii: "x"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return result
    }

    /// Reverses ``word(_:)``, and accepts nothing that it would not have written.
    public static func unescaped(_ word: some Collection<UInt8>) -> [UInt8]? { unescaped(Array(word)[...]) }

    /// The same, of a part of a longer text.
    public static func unescaped(_ word: ArraySlice<UInt8>) -> [UInt8]? {
        if word.allSatisfy({ isPlain($0) }) { return Array(word) }
        var result: [UInt8] = []
        result.reserveCapacity(word.count)
        var rest = word
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                guard isPlain(byte) else { return nil }
                result.append(byte)
                continue
            }
            guard rest.popFirst() == UInt8(ascii: "x"),
                let high = rest.popFirst(), let low = rest.popFirst(),
                let h = hexDigits.firstIndex(of: high), let l = hexDigits.firstIndex(of: low)
            else { return nil }
            let value = UInt8(h << 4 | l)
            guard !isPlain(value) else { return nil }
            result.append(value)
        }
        return result
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "=")
    }

    private static func hexEscape(_ byte: UInt8) -> String { "\\x" + [byte].hex }

    private static func firstScalar(of bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        var decoder = UTF8()
        var iterator = bytes.prefix(4).makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        return scalar
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\\" { return false }
        switch scalar.properties.generalCategory {
        // Format characters can reorder or hide what stands around them on a terminal.
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            return false
        default:
            return true
        }
    }
}
