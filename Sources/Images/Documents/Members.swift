import Model

/// The members of one object in a document, each asked for by its name and kind.
///
/// A member of the wrong kind is refused. One that is null counts as absent, as it does for Go, whose tools write such
/// documents. Those tools also match names whatever their case, so a name that differs from one asked for only there is
/// refused: another reader would take it.
struct Members {
    let json: JSON
    private let members: [JSON.Member]
    /// Where the object stands, with a dot after it: `config.` say; empty for the document itself.
    private let place: String

    init(_ json: JSON, at place: String = "") throws(Refusal) {
        guard let members = json.object else {
            throw Refusal(place.isEmpty ? "it is no JSON object" : "'\(place)' is no object")
        }
        self.json = json
        self.members = members
        self.place = place.isEmpty ? "" : "\(place)."
    }

    /// Nil where there is none, or null.
    func value(_ key: String) throws(Refusal) -> JSON? {
        var found: JSON?
        let count = key.utf8.count
        for member in members where member.key.unicodeScalars.count == count {
            if member.key.utf8.elementsEqual(key.utf8) {
                found = member.value
            } else if Self.folded(member.key) == Self.folded(key) {
                throw Refusal("the member '\(place)\(Self.shown(member.key))' should be spelt '\(key)'")
            }
        }
        // A bare nil would be JSON's null here.
        return found.flatMap { $0.isNull ? Optional<JSON>.none : $0 }
    }

    /// Without the difference of case, as Go folds names: it takes a long s and a kelvin sign for letters too.
    private static func folded(_ name: String) -> String { name.uppercased().lowercased() }

    func string(_ key: String) throws(Refusal) -> String? {
        try get(key, "string") { $0.string }
    }

    func bool(_ key: String) throws(Refusal) -> Bool? {
        try get(key, "boolean") { $0.bool }
    }

    func integer(_ key: String) throws(Refusal) -> Int64? {
        try get(key, "integer") { $0.integer }
    }

    func strings(_ key: String) throws(Refusal) -> [String]? {
        try get(key, "list of strings") { json in
            guard let strings = json.array?.map(\.string), !strings.contains(nil) else { return nil }
            return strings.compactMap(\.self)
        }
    }

    /// An object whose values are strings: annotations, labels.
    func dictionary(_ key: String) throws(Refusal) -> [String: String] {
        let members = try get(key, "object") { $0.object } ?? []
        var result: [String: String] = [:]
        for member in members {
            guard let text = member.value.string, result.updateValue(text, forKey: member.key) == nil else {
                throw Refusal("'\(place)\(key)' has a value that is no string, or a name twice")
            }
        }
        return result
    }

    func object(_ key: String) throws(Refusal) -> Members? {
        try value(key).map { json throws(Refusal) in try Members(json, at: "\(place)\(key)") }
    }

    /// The elements of a list of objects; nil where there is no such member.
    func objects(_ key: String) throws(Refusal) -> [Members]? {
        guard let elements = try get(key, "list", { $0.array }) else { return nil }
        var result: [Members] = []
        for (index, element) in elements.enumerated() {
            result.append(try Members(element, at: "\(place)\(key)[\(index)]"))
        }
        return result
    }

    /// What `read` found of a member that has to be there.
    func required<Value>(_ key: String, _ found: Value?) throws(Refusal) -> Value {
        guard let found else { throw Refusal("'\(place)\(key)' is missing") }
        return found
    }

    func has(_ key: String) throws(Refusal) -> Bool { try value(key) != nil }

    func digest(_ text: String, of key: String) throws(Refusal) -> Digest {
        do throws(Digest.Invalid) { return try Digest(parsing: text) } catch {
            throw Refusal("'\(place)\(key)': '\(Self.shown(text))': \(error.reason)")
        }
    }

    func time(_ key: String) throws(Refusal) -> Timestamp? {
        guard let text = try string(key) else { return nil }
        guard let time = Timestamp(rfc3339: text) else {
            throw Refusal("'\(place)\(key)': '\(Self.shown(text))' is no time as RFC 3339 writes it")
        }
        return time
    }

    /// The path of a member, for messages.
    func path(_ key: String) -> String { "\(place)\(key)" }

    private func get<Value>(_ key: String, _ kind: String, _ read: (JSON) -> Value?) throws(Refusal) -> Value? {
        guard let json = try value(key) else { return nil }
        guard let value = read(json) else { throw Refusal("'\(place)\(key)' is no \(kind)") }
        return value
    }

    /// Text from a document, for one line of a message.
    static func shown(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return bytes.count <= 200 ? Escaping.displayed(bytes) : Escaping.displayed(Array(bytes.prefix(200))) + "…"
    }
}
