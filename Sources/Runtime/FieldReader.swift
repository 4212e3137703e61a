import Model

/// The members of one JSON object, each to be taken; what is left over was not understood.
struct FieldReader {
    /// Where the object stands in the document, such as `process.user`.
    let path: String
    private var members: [JSON.Member]

    init(_ json: JSON, _ path: String) throws(RuntimeError) {
        guard let members = json.object else { throw FieldReader.mistake(path, "it is no object") }
        self.path = path
        self.members = members
    }

    static func mistake(_ field: String, _ why: String) -> RuntimeError {
        RuntimeError(.refused, "read config.json", field, why)
    }

    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The member's value, nil where there is none or it is null.
    mutating func take(_ key: String) -> JSON? {
        guard let index = members.firstIndex(where: { $0.key.utf8.elementsEqual(key.utf8) }) else { return nil }
        let value = members.remove(at: index).value
        return value.isNull ? JSON?.none : value
    }

    mutating func required(_ key: String) throws(RuntimeError) -> JSON {
        guard let value = take(key) else { throw FieldReader.mistake(name(key), "it is missing") }
        return value
    }

    mutating func requiredString(_ key: String) throws(RuntimeError) -> String {
        try FieldReader.string(try required(key), name(key))
    }

    mutating func requiredNumber<Number: FixedWidthInteger>(_ key: String) throws(RuntimeError) -> Number {
        try FieldReader.number(try required(key), name(key))
    }

    /// Refuses what has not been taken. An empty value asks for nothing.
    consuming func finish() throws(RuntimeError) {
        for member in members {
            let isEmpty =
                member.value.isNull || member.value.array?.isEmpty == true || member.value.object?.isEmpty == true
            if !isEmpty { throw FieldReader.mistake(name(member.key), "this runtime does not implement it") }
        }
    }

    // MARK: Kinds of values

    mutating func string(_ key: String) throws(RuntimeError) -> String? {
        guard let value = take(key) else { return nil }
        return try FieldReader.string(value, name(key))
    }

    /// Nil for an empty one too: where names stand, it means that there is none.
    mutating func text(_ key: String) throws(RuntimeError) -> String? {
        try string(key).flatMap { $0.isEmpty ? nil : $0 }
    }

    mutating func bool(_ key: String) throws(RuntimeError) -> Bool { try optionalBool(key) ?? false }

    mutating func optionalBool(_ key: String) throws(RuntimeError) -> Bool? {
        guard let value = take(key) else { return nil }
        guard let bool = value.bool else { throw FieldReader.mistake(name(key), "it is neither true nor false") }
        return bool
    }

    mutating func number<Number: FixedWidthInteger>(_ key: String, _: Number.Type) throws(RuntimeError) -> Number? {
        guard let value = take(key) else { return nil }
        return try FieldReader.number(value, name(key))
    }

    mutating func strings(_ key: String) throws(RuntimeError) -> [String] {
        try list(key) { value, name throws(RuntimeError) in try FieldReader.string(value, name) }
    }

    mutating func list<Element>(
        _ key: String, _ element: (JSON, String) throws(RuntimeError) -> Element
    ) throws(RuntimeError) -> [Element] {
        guard let value = take(key) else { return [] }
        guard let array = value.array else { throw FieldReader.mistake(name(key), "it is no list") }
        var result: [Element] = []
        for (index, value) in array.enumerated() { result.append(try element(value, "\(name(key))[\(index)]")) }
        return result
    }

    mutating func path(_ key: String) throws(RuntimeError) -> BytePath? {
        guard let value = take(key) else { return nil }
        return try FieldReader.path(value, name(key))
    }

    mutating func paths(_ key: String) throws(RuntimeError) -> [BytePath] {
        try list(key) { value, name throws(RuntimeError) in try FieldReader.path(value, name) }
    }

    /// An object of texts by name, in their order.
    mutating func pairs(_ key: String) throws(RuntimeError) -> [Specification.Annotation] {
        guard let value = take(key) else { return [] }
        guard let members = value.object else { throw FieldReader.mistake(name(key), "it is no object") }
        var pairs: [Specification.Annotation] = []
        for member in members {
            let text = try FieldReader.string(member.value, "\(name(key)).\(member.key)")
            pairs.append(.init(key: member.key, value: text))
        }
        return pairs
    }

    /// The member as a value of one of the names that `Value` knows.
    mutating func choice<Value: RawRepresentable<String>>(
        _ key: String, _ why: String
    ) throws(RuntimeError) -> Value? {
        guard let text = try text(key) else { return nil }
        guard let value = Value(rawValue: text) else { throw FieldReader.mistake(name(key), "\(text) \(why)") }
        return value
    }

    static func string(_ value: JSON, _ name: String) throws(RuntimeError) -> String {
        guard let string = value.string else { throw mistake(name, "it is no string") }
        return string
    }

    static func number<Number: FixedWidthInteger>(_ value: JSON, _ name: String) throws(RuntimeError) -> Number {
        guard case .number(let text) = value, let number = Number(text) else {
            throw mistake(name, "it is no whole number from \(Number.min) to \(Number.max)")
        }
        return number
    }

    static func path(_ value: JSON, _ name: String) throws(RuntimeError) -> BytePath {
        let text = try string(value, name)
        guard text.utf8.first == UInt8(ascii: "/"), let path = BytePath(parsing: text.utf8) else {
            throw mistake(name, "it is no absolute path without ..")
        }
        return path
    }
}
