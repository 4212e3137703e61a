import Model

/// A name and a value that somebody gave a container, volume or network to know it by.
public struct Label: Sendable, Hashable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// `NAME=value`, or `NAME` for an empty value. Nil without a name.
    public init?(parsing text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty else { return nil }
        self.init(name, parts.count == 2 ? parts[1] : "")
    }
}

extension [Label] {
    /// With those of `labels` in place of those of the same name, sorted by name.
    func merging(_ labels: [Label]) -> [Label] {
        var result: [String: String] = [:]
        for label in self + labels { result[label.name] = label.value }
        return result.map { Label($0.key, $0.value) }.sorted { $0.name < $1.name }
    }

    var json: JSON { .object(map { .init($0.name, .string($0.value)) }) }

    /// Nil where a value is no string.
    init?(json: JSON) {
        guard let members = json.object else { return nil }
        self = members.compactMap { member in member.value.string.map { Label(member.key, $0) } }
        if count != members.count { return nil }
    }
}
