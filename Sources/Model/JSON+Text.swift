extension JSON {
    /// Without white space, members in their order.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.text
    }

    /// The one form of equal content: without white space, members sorted by the UTF-8 bytes of their keys, strings
    /// with no escape that RFC 8259 does not demand. Numbers stay as they are written.
    public func canonical() -> [UInt8] {
        var writer = JSONWriter(sortsMembers: true)
        writer.write(self)
        return writer.text
    }

    /// For people: two spaces a level, members in their order, no newline at the end.
    public func pretty() -> String {
        var writer = JSONWriter(indents: true)
        writer.write(self)
        return String(decoding: writer.text, as: UTF8.self)
    }
}

extension JSON: CustomStringConvertible {
    /// As ``serialized()``.
    public var description: String { String(decoding: serialized(), as: UTF8.self) }
}

private struct JSONWriter {
    var sortsMembers = false
    var indents = false
    var text: [UInt8] = []
    private var level = 0

    init(sortsMembers: Bool = false, indents: Bool = false) {
        self.sortsMembers = sortsMembers
        self.indents = indents
    }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: text += "null".utf8
        case .bool(let value): text += (value ? "true" : "false").utf8
        case .number(let literal): text += literal.utf8
        case .string(let string): write(string)
        case .array(let elements): write(elements)
        case .object(let members): write(members)
        }
    }

    private mutating func write(_ elements: [JSON]) {
        open("[")
        for (index, element) in elements.enumerated() {
            separate(index)
            write(element)
        }
        close("]", isEmpty: elements.isEmpty)
    }

    private mutating func write(_ members: [JSON.Member]) {
        let ordered =
            sortsMembers ? members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : members
        open("{")
        for (index, member) in ordered.enumerated() {
            separate(index)
            write(member.key)
            text.append(UInt8(ascii: ":"))
            if indents { text.append(UInt8(ascii: " ")) }
            write(member.value)
        }
        close("}", isEmpty: members.isEmpty)
    }

    private mutating func open(_ bracket: Unicode.Scalar) {
        text.append(UInt8(ascii: bracket))
        level += 1
    }

    private mutating func separate(_ index: Int) {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        startLine()
    }

    private mutating func close(_ bracket: Unicode.Scalar, isEmpty: Bool) {
        level -= 1
        if !isEmpty { startLine() }
        text.append(UInt8(ascii: bracket))
    }

    private mutating func startLine() {
        guard indents else { return }
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
    }

    /// RFC 8259, section 7: only the quote, the backslash and control characters must be escaped.
    private mutating func write(_ string: String) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): text += #"\""#.utf8
            case UInt8(ascii: "\\"): text += #"\\"#.utf8
            case 0x08: text += #"\b"#.utf8
            case 0x09: text += #"\t"#.utf8
            case 0x0a: text += #"\n"#.utf8
            case 0x0c: text += #"\f"#.utf8
            case 0x0d: text += #"\r"#.utf8
            case 0..<0x20: text += #"\u00"#.utf8 + [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
