/// Why a text is no JSON, and the byte where that shows.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes from the start of the text.
    public let offset: Int
    public let reason: String

    public init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "read JSON: byte \(offset): \(reason)" }
}

extension JSON {
    /// Reads one JSON text, strictly by RFC 8259: nothing before or after it but white space, no byte order mark,
    /// UTF-8 only, no unpaired surrogate, and no key twice in one object. Time is linear in the count of bytes.
    /// - Parameters:
    ///   - maximumDepth: how many arrays and objects may stand inside each other. The parser recurses so deep.
    ///   - maximumBytes: a longer text is refused unread.
    public init(
        parsing bytes: some Sequence<UInt8>, maximumDepth: Int = 64, maximumBytes: Int = 64 << 20
    ) throws(JSONError) {
        let bytes = Array(bytes)
        guard bytes.count <= maximumBytes else {
            throw JSONError(offset: maximumBytes, reason: "the text is longer than \(maximumBytes) bytes")
        }
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        self = try parser.document()
    }
}

/// A recursive-descent parser; each method reads one production of RFC 8259 from `position` on.
private struct JSONParser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0
    var depth = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSON {
        skipWhiteSpace()
        let value = try value()
        skipWhiteSpace()
        guard position == bytes.count else { throw error("there is more after the value") }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        switch next ?? 0 {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        default: throw error("a value should stand here")
        }
    }

    private mutating func elements() throws(JSONError) -> [JSON] {
        try enter()
        var elements: [JSON] = []
        if !skip("]") {
            repeat {
                skipWhiteSpace()
                elements.append(try value())
                skipWhiteSpace()
            } while skip(",")
            guard skip("]") else { throw error("',' or ']' should stand here") }
        }
        depth -= 1
        return elements
    }

    private mutating func members() throws(JSONError) -> [JSON.Member] {
        try enter()
        var members: [JSON.Member] = []
        var keys: Set<ExactKey> = []
        if !skip("}") {
            repeat {
                skipWhiteSpace()
                guard next == UInt8(ascii: "\"") else { throw error("a key in quotes should stand here") }
                let start = position
                let key = try string()
                guard keys.insert(ExactKey(text: key)).inserted else {
                    let shown = Escaping.displayed(Array(key.utf8))
                    throw JSONError(offset: start, reason: "the key '\(shown)' stands twice in an object")
                }
                skipWhiteSpace()
                guard skip(":") else { throw error("':' should stand here") }
                skipWhiteSpace()
                members.append(JSON.Member(key, try value()))
                skipWhiteSpace()
            } while skip(",")
            guard skip("}") else { throw error("',' or '}' should stand here") }
        }
        depth -= 1
        return members
    }

    /// Steps over an opening bracket.
    private mutating func enter() throws(JSONError) {
        guard depth < maximumDepth else {
            throw error("more than \(maximumDepth) arrays and objects inside each other")
        }
        depth += 1
        position += 1
        skipWhiteSpace()
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw error("a value should stand here") }
        position += word.utf8.count
        return value
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> String {
        let start = position
        _ = skip("-")
        if skip("0") {
            if let next, isDigit(next) { throw error("a number starts with no needless zero") }
        } else {
            try digits()
        }
        if skip(".") { try digits() }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let next, isDigit(next) { position += 1 }
        guard position > start else { throw error("a digit should stand here") }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        var decoded: [UInt8] = []
        var copied = start
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                decoded += bytes[copied..<position]
                guard let text = String(validating: decoded, as: UTF8.self) else {
                    throw JSONError(offset: start, reason: "the string is not UTF-8")
                }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                decoded += bytes[copied..<position]
                decoded += String(Character(try escape())).utf8
                copied = position
            case 0..<0x20: throw error("a control character in a string has to be escaped")
            default: position += 1
            }
        }
        throw error("the string has no end")
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 2
        switch start + 1 < bytes.count ? bytes[start + 1] : nil {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(from: start)
        default: throw JSONError(offset: start, reason: "'\\' starts no escape that JSON knows")
        }
    }

    /// Reads the digits of `\uXXXX`, and the second half of a surrogate pair after the first.
    private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        if UTF16.isLeadSurrogate(first), skip("\\"), skip("u") {
            let second = try fourDigits()
            if UTF16.isTrailSurrogate(second) {
                let value = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
                if let scalar = Unicode.Scalar(value) { return scalar }
            }
        }
        throw JSONError(offset: start, reason: "half of a surrogate pair stands alone")
    }

    private mutating func fourDigits() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = UInt8(hexDigit: byte) else {
                throw error("'\\u' takes four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    // MARK: Steps

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func skipWhiteSpace() {
        while let next, next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 { position += 1 }
    }

    private func error(_ reason: String) -> JSONError {
        JSONError(offset: position, reason: position < bytes.count ? reason : "the text ends too early: " + reason)
    }
}

/// A key compared as RFC 8259 (section 8.3) wants, unit by unit: `String` would take two spellings of é for one.
private struct ExactKey: Hashable {
    let text: String

    static func == (a: Self, b: Self) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
