/// Finds what somebody may have meant.
public enum Likeness {
    /// At most three of `names` that are a few slips away from `name`, the closest first.
    public static func nearest(to name: String, among names: [String]) -> [String] {
        let limit = max(1, name.utf8.count / 3)
        return names.map { (distance: distance(name, $0), name: $0) }
            .filter { $0.distance <= limit }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3).map(\.name)
    }

    /// How many bytes have to be put in, taken out or replaced (Levenshtein).
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var row = Array(0...b.count)
        for (i, byte) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let substituted = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
            }
        }
        return row[b.count]
    }
}
