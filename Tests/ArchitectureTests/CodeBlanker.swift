/// Walks over Swift source and copies its code, with spaces in place of comments and of the text of string literals.
/// Line breaks stay, so that lines keep their numbers.
struct CodeBlanker {
    private let bytes: [UInt8]
    private var index = 0
    private var output: [UInt8] = []

    static func code(of bytes: [UInt8]) -> [UInt8] {
        var blanker = CodeBlanker(bytes: bytes)
        blanker.code(untilParenthesis: false)
        return blanker.output
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        output.reserveCapacity(bytes.count)
    }

    /// Copies code up to the end of the source, or of an interpolation: the parenthesis that closes it.
    private mutating func code(untilParenthesis: Bool) {
        var depth = 0
        while index < bytes.count {
            if at("//") {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { blank(1) }
            } else if at("/*") {
                comment()
            } else if let hashes = stringStart() {
                string(hashes: hashes)
            } else {
                if at("(") { depth += 1 }
                if at(")") { depth -= 1 }
                if untilParenthesis, depth < 0 { return }
                output.append(bytes[index])
                index += 1
            }
        }
    }

    /// Comments nest.
    private mutating func comment() {
        var depth = 0
        repeat {
            if at("/*") {
                depth += 1
                blank(2)
            } else if at("*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && index < bytes.count
    }

    /// The number of `#` before the quote of a string literal that begins here.
    private func stringStart() -> Int? {
        let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
        let quote = index + hashes
        return quote < bytes.count && bytes[quote] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func string(hashes: Int) {
        let pounds = String(repeating: "#", count: hashes)
        blank(hashes)
        // Three quotes with more behind them on the line, as in #"""#, are a short literal.
        let quotes = at("\"\"\"\n") ? "\"\"\"" : "\""
        blank(quotes.utf8.count)
        while index < bytes.count {
            if at(quotes + pounds) {
                blank(quotes.utf8.count + hashes)
                return
            } else if at("\\" + pounds + "(") {
                blank(hashes + 2)
                code(untilParenthesis: true)
            } else if at("\\" + pounds) {
                blank(hashes + 2)
            } else if quotes.utf8.count == 1, at("\n") {
                return
            } else {
                blank(1)
            }
        }
    }

    private func at(_ text: StaticString) -> Bool {
        let end = index + text.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[index..<end]) }
    }

    private func at(_ text: String) -> Bool {
        bytes[index...].starts(with: text.utf8)
    }

    private mutating func blank(_ count: Int) {
        for byte in bytes[index..<min(index + count, bytes.count)] {
            output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
        }
        index = min(index + count, bytes.count)
    }
}
