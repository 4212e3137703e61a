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

    /// How many bytes have to be put in, taken out, replaced or exchanged with their neighbours (Damerau and
    /// Levenshtein's distance, in which nothing is edited twice).
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        var before: [Int] = []
        var row = Array(0...b.count)
        for i in a.indices {
            var next = [i + 1]
            for j in b.indices {
                let isSame = a[i] == b[j]
                var least = min(row[j + 1] + 1, next[j] + 1, row[j] + (isSame ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, before[j - 1] + 1) }
                next.append(least)
            }
            (before, row) = (row, next)
        }
        return row[b.count]
    }
}
