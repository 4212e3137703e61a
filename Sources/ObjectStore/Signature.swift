import Model

/// Who did something, and when: git's author and committer lines.
public struct Signature: Hashable, Sendable {
    /// Bytes without NUL, LF, `<` and `>`.
    public let name: ByteName
    /// Bytes without NUL, LF, `<` and `>`.
    public let email: ByteName
    /// Seconds since 1970, never negative: git can't write earlier times.
    public let seconds: Int64
    /// Minutes east of UTC, of absolute value below 6,000 (what `+hhmm` can say).
    public let zone: Int

    /// What git can't write is left out of names, and earlier times become 1970.
    public init(name: ByteName, email: ByteName, seconds: Int64, zone: Int = 0) {
        self.name = Self.cleaned(name)
        self.email = Self.cleaned(email)
        self.seconds = max(0, seconds)
        self.zone = zone.magnitude < 6000 ? zone : 0
    }

    private static func cleaned(_ name: ByteName) -> ByteName {
        if !name.bytes.contains(where: isForbidden) { return name }
        return ByteName(name.bytes.filter { !isForbidden($0) })
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte == 0 || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
    }

    /// `name <email> seconds ±hhmm`
    var encoded: [UInt8] {
        name.bytes + Array(" <".utf8) + email.bytes + Array("> \(seconds) ".utf8) + Self.zoneText(zone)
    }

    static func zoneText(_ zone: Int) -> [UInt8] {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let minutes = Int(zone.magnitude)
        return Array("\(zone < 0 ? "-" : "+")\(two(minutes / 60))\(two(minutes % 60))".utf8)
    }

    /// Nil where the text is not exactly what ``encoded`` writes.
    init?(decoding line: ArraySlice<UInt8>) {
        guard let open = line.firstIndex(of: UInt8(ascii: "<")), open > line.startIndex,
            line[open - 1] == UInt8(ascii: " "), let close = line[open...].firstIndex(of: UInt8(ascii: ">"))
        else { return nil }
        let rest = String(decoding: line[(close + 1)...], as: UTF8.self)
        let parts = rest.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, let seconds = Int64(parts[1]),
            let number = Int(parts[2]), number.magnitude < 10000
        else { return nil }
        let zone = (number < 0 ? -1 : 1) * Int(number.magnitude / 100 * 60 + number.magnitude % 100)
        self.init(
            name: ByteName(line[..<(open - 1)]), email: ByteName(line[(open + 1)..<close]),
            seconds: seconds, zone: zone)
        guard encoded.elementsEqual(line) else { return nil }
    }
}
