/// The code of one Swift source: its bytes with comments and the text of string literals blanked out.
///
/// Code inside an interpolation stays. Regex literals are not recognised; a quote in one ends at the end of its line.
struct SwiftSource {
    /// A name used as a call, with the line it stands on.
    struct Word: Equatable {
        let name: String
        let line: Int
    }

    private let tokens: [Token]

    init(_ text: String) {
        tokens = Token.split(CodeBlanker.code(of: Array(text.utf8)))
    }

    /// The modules named by import declarations, in order; of `import struct A.B` and `import A.B`, `A`.
    var imports: [Word] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor"]
        return tokens.indices.compactMap { index in
            guard tokens[index].text == "import", index == 0 || tokens[index - 1].text != "." else { return nil }
            let named = tokens[(index + 1)...].drop { kinds.contains($0.text) }.first
            return named.map { Word(name: $0.text, line: tokens[index].line) }
        }
    }

    /// Where one of `functions` is called, unqualified or by way of a system module. A method or an enumeration case
    /// of that name, called or declared, is something else.
    func calls(of functions: Set<String>) -> [Word] {
        tokens.indices.compactMap { index in
            let token = tokens[index]
            guard functions.contains(token.text), index + 1 < tokens.count, tokens[index + 1].text == "(" else {
                return nil
            }
            switch index > 0 ? tokens[index - 1].text : "" {
            case "func", "case": return nil
            case "." where index < 2 || !["Glibc", "Swift"].contains(tokens[index - 2].text): return nil
            default: return Word(name: token.text, line: token.line)
            }
        }
    }

    /// Where one of `names` stands at all.
    func mentions(of names: Set<String>) -> [Word] {
        tokens.filter { names.contains($0.text) }.map { Word(name: $0.text, line: $0.line) }
    }
}

/// An identifier, or any other single byte of code that is no space.
private struct Token {
    let text: String
    let line: Int

    static func split(_ code: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var line = 1
        var index = 0
        while index < code.count {
            let begin = index
            while index < code.count, isIdentifier(code[index]) { index += 1 }
            if index == begin { index += 1 }
            let byte = code[begin]
            if byte == UInt8(ascii: "\n") { line += 1 }
            guard byte != UInt8(ascii: "\n"), byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") else { continue }
            tokens.append(Token(text: String(decoding: code[begin..<index], as: UTF8.self), line: line))
        }
        return tokens
    }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }
}
