import Model

/// The members of one JSON object that is being written, in their order. What is nil or empty asks for nothing, and is
/// left out.
struct FieldWriter {
    private var members: [JSON.Member] = []

    var json: JSON { .object(members) }
    /// Nil where nothing has been written.
    var jsonUnlessEmpty: JSON? { members.isEmpty ? JSON?.none : json }

    mutating func add(_ key: String, _ value: JSON?) {
        if let value { members.append(.init(key, value)) }
    }

    mutating func add(_ key: String, _ text: String?) { add(key, text.map(JSON.string)) }

    mutating func add(_ key: String, _ number: (some FixedWidthInteger)?) { add(key, number.map { .integer($0) }) }

    /// True only: everywhere false is what is meant when nothing is said.
    mutating func flag(_ key: String, _ isSet: Bool) {
        if isSet { add(key, .bool(true)) }
    }

    mutating func list<Element, Failure: Error>(
        _ key: String, _ elements: [Element], _ json: (Element) throws(Failure) -> JSON
    ) throws(Failure) {
        guard !elements.isEmpty else { return }
        var list: [JSON] = []
        for element in elements { list.append(try json(element)) }
        add(key, .array(list))
    }

    mutating func list(_ key: String, _ texts: [String]) {
        if !texts.isEmpty { add(key, .array(texts.map(JSON.string))) }
    }

    mutating func list(_ key: String, _ texts: [ByteName], _ field: String) throws(RuntimeError) {
        try list(key, texts) { name throws(RuntimeError) in try FieldWriter.text(name, field) }
    }

    mutating func list(_ key: String, _ paths: [BytePath], _ field: String) throws(RuntimeError) {
        try list(key, paths) { path throws(RuntimeError) in try FieldWriter.text(path, field) }
    }

    /// An object of texts by name.
    mutating func pairs(_ key: String, _ pairs: [Specification.Annotation]) {
        if !pairs.isEmpty { add(key, .object(pairs.map { .init($0.key, .string($0.value)) })) }
    }

    /// Throws where the text is not UTF-8: JSON can't hold it.
    static func text(_ name: ByteName, _ field: String) throws(RuntimeError) -> JSON {
        guard let string = name.string else {
            throw RuntimeError(.refused, "write config.json", field, "\(name.displayed) is not UTF-8")
        }
        return .string(string)
    }

    static func text(_ path: BytePath, _ field: String) throws(RuntimeError) -> JSON {
        try text(ByteName(path.bytes), field)
    }
}
