import Model

extension Moment {
    /// A point in time as docker's `--since` and `--until` take it: seconds since 1970 (`1700000000.5`), RFC 3339, how long
    /// ago (`10m`, `1h30m`), or whatever ``parse(_:now:)`` reads. Nil for anything else.
    public static func point(_ text: String, now: Timestamp) -> Timestamp? {
        if text == "now" { return now }
        if let point = Timestamp(rfc3339: text) ?? seconds(text) { return point }
        if let ago = duration(text) {
            let (whole, nanoseconds) = (ago / 1_000_000_000, ago % 1_000_000_000)
            let isBorrowing = UInt64(now.nanoseconds) < nanoseconds
            return Timestamp(
                seconds: now.seconds - Int64(whole) - (isBorrowing ? 1 : 0),
                nanoseconds: UInt32(UInt64(now.nanoseconds) + (isBorrowing ? 1_000_000_000 : 0) - nanoseconds))
        }
        return parse(text, now: now.seconds).map { Timestamp(seconds: $0) }
    }

    /// `90s`, `1h30m`, `1.5h`, `200ms`: as Go writes durations. Nil for anything else.
    /// - Returns: nanoseconds, at most 100 years.
    public static func duration(_ text: String) -> UInt64? {
        let units: [(name: String, nanoseconds: Double)] = [
            ("ms", 1e6), ("us", 1e3), ("ns", 1), ("h", 3600e9), ("m", 60e9), ("s", 1e9),
        ]
        var rest = text[...]
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            guard let number = Double(digits), let unit = units.first(where: { rest.hasPrefix($0.name) }) else {
                return nil
            }
            rest = rest.dropFirst(unit.name.count)
            total += number * unit.nanoseconds
        }
        return text.isEmpty || total > 3.2e18 ? nil : UInt64(total)
    }

    private static func seconds(_ text: String) -> Timestamp? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = Int64(parts[0]), seconds >= 0 else { return nil }
        guard parts.count == 2 else { return Timestamp(seconds: seconds) }
        let digits = parts[1].utf8.prefix(9)
        guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let fraction = UInt32(
                String(decoding: digits + Array(repeating: 0x30, count: 9 - digits.count), as: UTF8.self))
        else { return nil }
        return Timestamp(seconds: seconds, nanoseconds: fraction)
    }

    /// Now, as exactly as the clock tells it.
    public static func exactly() -> Timestamp { Timestamp.clock() }
}
