import Model

extension Record {
    /// What is wrong with a record: the line, counted from 1, and the field.
    struct Malformed: Error, CustomStringConvertible {
        let line: Int
        let field: String
        var description: String { "record line \(line): bad \(field)" }
    }

    /// Takes exactly the bytes that ``encoded()`` gives.
    init(decoding bytes: [UInt8]) throws(Malformed) {
        guard bytes.last == UInt8(ascii: "\n") else { throw Malformed(line: 1, field: "end") }
        var lines = LineReader(bytes: bytes)
        let (dot, directory) = try lines.next()
        guard dot == ".", directory.kind == .directory else { throw Malformed(line: 1, field: "name") }
        self.directory = directory
        entries = []
        while !lines.isAtEnd {
            let (name, attributes) = try lines.next()
            guard attributes.kind != .directory else { throw lines.malformed("kind") }
            guard name.isEntryName, entries.last.map({ $0.name < name }) ?? true else { throw lines.malformed("name") }
            entries.append((name, attributes))
        }
    }
}

/// Reads a record's lines from first to last.
private struct LineReader {
    let bytes: [UInt8]
    var position = 0
    var line = 0

    var isAtEnd: Bool { position == bytes.count }

    init(bytes: [UInt8]) { self.bytes = bytes }

    func malformed(_ field: String) -> Record.Malformed { Record.Malformed(line: line, field: field) }

    mutating func next() throws(Record.Malformed) -> (ByteName, Attributes) {
        line += 1
        let name = try word("name")
        guard let kindField = try field("kind").only, let kind = FileKind(letter: kindField) else {
            throw malformed("kind")
        }
        let permissions = try octal()
        var attributes = Attributes(kind: kind, permissions: permissions)
        attributes.uid = try decimal("uid")
        attributes.gid = try decimal("gid")
        attributes.modified = try timestamp()
        attributes.size = try decimal("size")
        guard attributes.size <= UInt64(Int64.max) else { throw malformed("size") }
        try options(&attributes)
        let hasBody = kind == .regular || kind == .symlink
        guard hasBody || attributes.size == 0 else { throw malformed("size") }
        guard attributes.holes.isEmpty || kind == .regular else { throw malformed("holes") }
        guard attributes.linkGroup == nil || kind != .directory else { throw malformed("link") }
        guard (attributes.device != nil) == (kind == .characterDevice || kind == .blockDevice) else {
            throw malformed("device")
        }
        return (ByteName(name), attributes)
    }

    private mutating func options(_ attributes: inout Attributes) throws(Record.Malformed) {
        // In this order and each at most once: what has passed can't come again.
        var passed = 0
        func advance(to stage: Int) throws(Record.Malformed) {
            guard stage > passed || (stage == 4 && passed == 4) else { throw malformed("order of keys") }
            passed = stage
        }
        while bytes[position - 1] != UInt8(ascii: "\n") {
            let option = try field("option")
            guard let equals = option.firstIndex(of: UInt8(ascii: "=")) else { throw malformed("option") }
            let key = option[..<equals]
            let value = option[(equals + 1)...]
            if key.elementsEqual("holes".utf8) {
                try advance(to: 1)
                attributes.holes = try holes(value, size: attributes.size)
            } else if key.elementsEqual("device".utf8) {
                try advance(to: 2)
                attributes.device = try device(value)
            } else if key.elementsEqual("link".utf8) {
                try advance(to: 3)
                guard let group = LinkGroup(hex: value) else { throw malformed("link") }
                attributes.linkGroup = group
            } else if key.starts(with: "xattr.".utf8) {
                try advance(to: 4)
                guard let name = Escaping.unescaped(key.dropFirst(6)), let data = Escaping.unescaped(value),
                    !name.isEmpty, attributes.xattrs.last.map({ $0.name < ByteName(name) }) ?? true
                else { throw malformed("xattr") }
                attributes.xattrs.append(ExtendedAttribute(name: ByteName(name), value: data))
            } else {
                throw malformed("option")
            }
        }
    }

    /// The bytes up to the next space or line end, which is stepped over.
    private mutating func field(_ what: String) throws(Record.Malformed) -> ArraySlice<UInt8> {
        let start = position
        while bytes[position] > UInt8(ascii: " ") { position += 1 }
        let end = position
        guard end > start, bytes[end] == UInt8(ascii: " ") || bytes[end] == UInt8(ascii: "\n") else {
            throw malformed(what)
        }
        position += 1
        // A line that ends early would let the next field be read from the line after it.
        if bytes[end] == UInt8(ascii: "\n"), what != "size", what != "option" { throw malformed(what) }
        return bytes[start..<end]
    }

    private mutating func word(_ what: String) throws(Record.Malformed) -> [UInt8] {
        guard let word = Escaping.unescaped(try field(what)) else { throw malformed(what) }
        return word
    }

    private mutating func decimal<I: FixedWidthInteger>(_ what: String) throws(Record.Malformed) -> I {
        try number(try field(what), what)
    }

    /// Digits without leading zeros, with `-` only where the type has a sign.
    private func number<I: FixedWidthInteger>(
        _ digits: ArraySlice<UInt8>, _ what: String
    ) throws(Record.Malformed) -> I {
        var value: I = 0
        let isNegative = I.isSigned && digits.first == UInt8(ascii: "-")
        let rest = isNegative ? digits.dropFirst() : digits
        guard let first = rest.first, first != UInt8(ascii: "0") || digits.count == 1 else { throw malformed(what) }
        for digit in rest {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw malformed(what) }
            let unit = I(digit - UInt8(ascii: "0"))
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(unit) : product.addingReportingOverflow(unit)
            guard !overflow, !carry else { throw malformed(what) }
            value = sum
        }
        return value
    }

    private mutating func octal() throws(Record.Malformed) -> UInt16 {
        let digits = try field("permissions")
        guard digits.count == 4, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else {
            throw malformed("permissions")
        }
        return digits.reduce(0) { $0 << 3 | UInt16($1 - UInt8(ascii: "0")) }
    }

    private mutating func timestamp() throws(Record.Malformed) -> Timestamp {
        let parts = try field("mtime").split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let seconds: Int64 = try number(parts[0], "mtime")
        guard parts.count == 2 else {
            guard parts.count == 1 else { throw malformed("mtime") }
            return Timestamp(seconds: seconds)
        }
        let trimmed = parts[1].drop { $0 == UInt8(ascii: "0") }
        guard parts[1].count == 9, !trimmed.isEmpty else { throw malformed("mtime") }
        return Timestamp(seconds: seconds, nanoseconds: try number(trimmed, "mtime"))
    }

    private func holes(_ text: ArraySlice<UInt8>, size: UInt64) throws(Record.Malformed) -> [Range<UInt64>] {
        var holes: [Range<UInt64>] = []
        for part in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let ends = part.split(separator: UInt8(ascii: "+"), omittingEmptySubsequences: false)
            guard ends.count == 2 else { throw malformed("holes") }
            let start: UInt64 = try number(ends[0], "holes")
            let count: UInt64 = try number(ends[1], "holes")
            let (end, overflow) = start.addingReportingOverflow(count)
            guard count > 0, !overflow, end <= size, holes.last.map({ $0.upperBound < start }) ?? true else {
                throw malformed("holes")
            }
            holes.append(start..<end)
        }
        return holes
    }

    private func device(_ text: ArraySlice<UInt8>) throws(Record.Malformed) -> DeviceNumber {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw malformed("device") }
        return DeviceNumber(major: try number(parts[0], "device"), minor: try number(parts[1], "device"))
    }
}

extension LinkGroup {
    fileprivate init?(hex: ArraySlice<UInt8>) {
        guard let bytes = [UInt8](hex: String(decoding: hex, as: UTF8.self)), bytes.count == 8,
            bytes.hex.utf8.elementsEqual(hex)
        else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }
}

extension ArraySlice {
    /// The element of a list of one.
    fileprivate var only: Element? { count == 1 ? first : nil }
}
