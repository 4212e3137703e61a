/// What iptables-save(8) prints: all rules of the host's packet filter.
struct SavedRules {
    private var tables: [Substring: [Substring]] = [:]

    init(_ text: String) {
        var table: Substring = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("*") { table = line.dropFirst() }
            if line.hasPrefix("-A ") { tables[table, default: []].append(line) }
        }
    }

    /// The rules of a table that have a comment, each as `-A CHAIN …`, in their order.
    func rules(of table: String, with comment: String) -> [Substring] {
        (tables[table[...]] ?? []).filter { $0.contains("\"\(comment)\"") }
    }

    /// The number, counted from 1, of the first rule of the table filter's chain FORWARD that decides on whatever reaches it;
    /// nil where there is none. Rules that have the comment do not count.
    func placeOfPolicy(besides comment: String) -> Int? {
        (tables["filter"] ?? []).filter { $0.hasPrefix("-A FORWARD ") && !$0.contains("\"\(comment)\"") }
            .firstIndex(where: Self.isPolicy).map { $0 + 1 }
    }

    private static func isPolicy(_ rule: Substring) -> Bool {
        let condition = rule.replacing(#/-m comment --comment ("(\\.|[^"\\])*"|\S+) /#, with: "")
        return ["ACCEPT", "DROP", "REJECT"].contains { target in
            condition == "-A FORWARD -j \(target)" || condition.hasPrefix("-A FORWARD -j \(target) ")
        }
    }
}
