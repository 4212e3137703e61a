import Model

/// What HEALTHCHECK says (Dockerfile reference), as a config has it: durations in nanoseconds.
struct Healthcheck: Hashable, Sendable {
    /// What runs, with `CMD` or `CMD-SHELL` before it; only `NONE` where an inherited check is to be off.
    let test: [String]
    private(set) var interval: Int64?
    private(set) var timeout: Int64?
    private(set) var startPeriod: Int64?
    private(set) var retries: Int64?

    /// - Parameter text: what stands behind the instruction's name.
    init(parsing text: String) throws(Refusal) {
        var options: [(name: String, value: String)] = []
        var (word, rest) = text.firstWord
        while word.hasPrefix("--") {
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                throw Refusal("'\(Members.shown(word))' takes a value behind '='")
            }
            guard !options.contains(where: { $0.name == parts[0] }) else { throw Refusal("--\(parts[0]) stands twice") }
            options.append((String(parts[0]), String(parts[1])))
            (word, rest) = rest.firstWord
        }
        switch word.uppercased() {
        case "NONE":
            guard rest.isEmpty, options.isEmpty else { throw Refusal("HEALTHCHECK NONE takes nothing else") }
            test = ["NONE"]
        case "CMD":
            switch try ConfigChange.command(rest) {
            case .list(let list) where !list.isEmpty: test = ["CMD"] + list
            case .shell(let text) where !text.isEmpty: test = ["CMD-SHELL", text]
            default: throw Refusal("HEALTHCHECK CMD takes a command")
            }
        default: throw Refusal("behind HEALTHCHECK and its options stands CMD or NONE")
        }
        for (name, value) in options { try set(name, value) }
    }

    private mutating func set(_ name: String, _ value: String) throws(Refusal) {
        func duration() throws(Refusal) -> Int64 {
            guard let duration = Self.duration(value) else {
                throw Refusal("--\(name): '\(Members.shown(value))' is no duration such as 1m30s")
            }
            guard duration >= 1_000_000 else { throw Refusal("--\(name) is less than 1ms") }
            return duration
        }
        switch name {
        case "interval": interval = try duration()
        case "timeout": timeout = try duration()
        case "start-period": startPeriod = try duration()
        case "retries":
            guard let number = Int64(decimal: Array(value.utf8)[...]), (1...Int64(Int32.max)).contains(number) else {
                throw Refusal("--retries takes a number from 1 on")
            }
            retries = number
        default: throw Refusal("--\(Members.shown(name)) is none of --interval, --timeout, --start-period, --retries")
        }
    }

    /// A duration as Go writes it: numbers, with fractions perhaps, each with its unit. Nil for anything else, and for
    /// what 63 bits of nanoseconds don't hold.
    static func duration(_ text: String) -> Int64? {
        let units: [(String, Int64)] = [
            ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
            ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ]
        func isDigit(_ character: Character) -> Bool { character.isASCII && character.isWholeNumber }
        var total: Int64 = 0
        var rest = text[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let whole = rest.prefix(while: isDigit)
            rest = rest.dropFirst(whole.count)
            var fraction = rest.prefix(0)
            if rest.first == "." {
                fraction = rest.dropFirst().prefix(while: isDigit)
                rest = rest.dropFirst(1 + fraction.count)
            }
            let name = rest.prefix { !isDigit($0) && $0 != "." }
            guard !whole.isEmpty || !fraction.isEmpty, whole.count <= 18, fraction.count <= 18,
                let unit = units.first(where: { $0.0 == name })?.1
            else { return nil }
            rest = rest.dropFirst(name.count)
            let (product, tooLarge) = (Int64(whole) ?? 0).multipliedReportingOverflow(by: unit)
            var part: Int64 = 0
            var scale = unit
            for digit in fraction {
                scale /= 10
                part += scale * Int64(digit.wholeNumberValue ?? 0)
            }
            let (sum, overflow) = total.addingReportingOverflow(product)
            let (next, again) = sum.addingReportingOverflow(part)
            guard !tooLarge, !overflow, !again else { return nil }
            total = next
        }
        return total
    }

    var json: JSON {
        let numbers = [
            ("Interval", interval), ("Timeout", timeout), ("StartPeriod", startPeriod), ("Retries", retries),
        ]
        let members = numbers.compactMap { name, value in value.map { JSON.Member(name, .integer($0)) } }
        return .object([JSON.Member("Test", .array(test.map { .string($0) }))] + members)
    }
}
