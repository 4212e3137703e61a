import Engine
import Model

/// What `--filter KEY=VALUE` asks for: for each key one of its values, but all labels.
struct Filters {
    private var values: [String: [String]] = [:]

    /// - Parameters:
    ///   - keys: those that there are.
    ///   - command: for messages.
    init(_ texts: [String], keys: [String], command: String) throws {
        for text in texts {
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, !pair[1].isEmpty, keys.contains(pair[0]) else {
                let isKnown = keys.contains(pair[0])
                throw UsageError(
                    "\(command): --filter \(text): \(isKnown ? "it takes KEY=VALUE" : "there is no key '\(pair[0])'")",
                    hints: ["the keys are \(keys.joined(separator: ", "))"])
            }
            values[pair[0], default: []].append(pair[1])
        }
    }

    /// Empty where nothing was asked of it.
    subscript(key: String) -> [String] { values[key] ?? [] }

    /// Whether nothing was asked of a key, or one of the values that were meets `isMet`.
    func admits(_ key: String, where isMet: (String) -> Bool) -> Bool {
        values[key].map { $0.contains(where: isMet) } ?? true
    }

    /// Whether `labels` has all that were asked for: `label=NAME` with any value, `label=NAME=VALUE` with this one.
    func admits(labels: [Label]) -> Bool {
        self["label"].allSatisfy { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return labels.contains { $0.name == parts[0] && (parts.count == 1 || $0.value == parts[1]) }
        }
    }

    /// `true` or `false`, also as `1` and `0`; nil where it was not asked for.
    func flag(_ key: String, command: String) throws -> Bool? {
        guard let text = self[key].last else { return nil }
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        default: throw UsageError("\(command): --filter \(key)=\(text): it takes 'true' or 'false'")
        }
    }
}
