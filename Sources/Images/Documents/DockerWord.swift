/// Words as a Dockerfile has them: with quotes, backslashes and variables (Dockerfile reference, "Environment
/// replacement").
struct DockerWord {
    private let text: [Unicode.Scalar]
    private var position = 0
    private let environment: (String) -> String?

    /// Splits at white space outside of quotes. Quotes and backslashes stay.
    static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if quote == nil, !isEscaped, scalar == " " || scalar == "\t" {
                if !word.isEmpty { words.append(String(word)) }
                word = String.UnicodeScalarView()
                continue
            }
            word.append(scalar)
            if isEscaped {
                isEscaped = false
            } else if scalar == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if scalar == open { quote = nil }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            }
        }
        if !word.isEmpty { words.append(String(word)) }
        return words
    }

    /// Takes quotes and backslashes away and puts variables in; one that is not set is empty.
    static func expand(_ text: String, _ environment: @escaping (String) -> String?) throws(Refusal) -> String {
        var word = DockerWord(text: Array(text.unicodeScalars), environment: environment)
        return try word.read(until: nil)
    }

    private init(text: [Unicode.Scalar], environment: @escaping (String) -> String?) {
        self.text = text
        self.environment = environment
    }

    private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

    private mutating func take() -> Unicode.Scalar? {
        guard let next else { return nil }
        position += 1
        return next
    }

    private mutating func read(until stop: Unicode.Scalar?) throws(Refusal) -> String {
        var result = String.UnicodeScalarView()
        while let scalar = take() {
            switch scalar {
            case _ where scalar == stop: return String(result)
            case "'":
                guard let end = text[position...].firstIndex(of: "'") else {
                    throw Refusal("a single quote has no end")
                }
                result += text[position..<end]
                position = end + 1
            case "\"": result += try quoted().unicodeScalars
            case "$": result += try variable().unicodeScalars
            case "\\": if let escaped = take() { result.append(escaped) }
            default: result.append(scalar)
            }
        }
        guard stop == nil else { throw Refusal("'${' has no '}'") }
        return String(result)
    }

    private mutating func quoted() throws(Refusal) -> String {
        var result = String.UnicodeScalarView()
        while let scalar = take() {
            switch scalar {
            case "\"": return String(result)
            case "$": result += try variable().unicodeScalars
            case "\\":
                guard let escaped = take() else { break }
                if escaped != "\"", escaped != "$", escaped != "\\" { result.append("\\") }
                result.append(escaped)
            default: result.append(scalar)
            }
        }
        throw Refusal("a double quote has no end")
    }

    /// What stands behind a `$`.
    private mutating func variable() throws(Refusal) -> String {
        guard next == "{" else {
            let name = name()
            return name.isEmpty ? "$" : environment(name) ?? ""
        }
        position += 1
        let name = name()
        guard !name.isEmpty else { throw Refusal("'${' has no name behind it") }
        let value = environment(name) ?? ""
        switch take() {
        case "}": return value
        case ":":
            let modifier = take()
            guard modifier == "-" || modifier == "+" else { throw Refusal("'${\(name):' takes only '-' or '+'") }
            let word = try read(until: "}")
            if modifier == "-" { return value.isEmpty ? word : value }
            return value.isEmpty ? "" : word
        default: throw Refusal("'${\(name)' has no '}'")
        }
    }

    private mutating func name() -> String {
        var name = String.UnicodeScalarView()
        // The shell's own parameters, which nobody sets here.
        if let next, "@*#?-$!".unicodeScalars.contains(next) {
            position += 1
            return String(next)
        }
        while let next, Self.isName(next) {
            name.append(next)
            position += 1
        }
        return String(name)
    }

    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }
}
