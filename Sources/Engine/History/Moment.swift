import Glibc

/// Points in time as people write them.
public enum Moment {
    /// Seconds since 1970.
    public static func now() -> Int64 { Int64(time(nil)) }

    /// `2026-11-01`, `2026-11-01 15:30[:12]` (also with a `T`), `now`, `yesterday`, `N seconds|…|years ago`; in the
    /// local time zone. Nil for anything else.
    /// - Returns: seconds since 1970.
    public static func parse(_ text: String, now: Int64) -> Int64? {
        switch text {
        case "now": now
        case "yesterday": now - 86400
        default: parseAgo(text, now: now) ?? parseDate(text)
        }
    }

    private static func parseAgo(_ text: String, now: Int64) -> Int64? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "." })
        guard words.count == 3, words[2] == "ago", let count = Int64(words[0]), (0...100_000).contains(count) else {
            return nil
        }
        let units: [Substring: Int64] = [
            "second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604_800, "month": 2_629_800,
            "year": 31_557_600,
        ]
        let unit = words[1].hasSuffix("s") ? words[1].dropLast() : words[1]
        return units[unit].map { now - count * $0 }
    }

    private static func parseDate(_ text: String) -> Int64? {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "T" })
        guard let date = parts.first, parts.count <= 2 else { return nil }
        let day = date.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
        let clock =
            parts.count == 2
            ? parts[1].split(separator: ":", omittingEmptySubsequences: false).map { Int32($0) } : [0, 0]
        guard day.count == 3, let year = day[0], let month = day[1], let dayOfMonth = day[2],
            (1900...9999).contains(year), (1...12).contains(month), (1...31).contains(dayOfMonth),
            (2...3).contains(clock.count), let hour = clock[0], let minute = clock[1],
            let second = clock.count == 3 ? clock[2] : 0,
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        var fields = tm()
        fields.tm_year = year - 1900
        fields.tm_mon = month - 1
        fields.tm_mday = dayOfMonth
        fields.tm_hour = hour
        fields.tm_min = minute
        fields.tm_sec = second
        fields.tm_isdst = -1
        // February 31 would become March 3. In UTC, since elsewhere a day may begin with an hour that is not there.
        var normal = fields
        _ = timegm(&normal)
        guard normal.tm_mon == month - 1, normal.tm_mday == dayOfMonth else { return nil }
        return Int64(mktime(&fields))
    }
}
