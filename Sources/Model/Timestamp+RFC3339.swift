extension Timestamp {
    /// Reads `2026-11-01T15:30:12[.123456789](Z|±hh:mm)` (RFC 3339, section 5.6); nil for anything else. Digits beyond
    /// nanoseconds are dropped.
    public init?(rfc3339 text: String) {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int64? {
            let part = rest.prefix(digits)
            guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(digits)
            return part.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func mark(_ characters: String) -> UInt8? {
            guard let first = rest.first, characters.utf8.contains(first) else { return nil }
            return rest.removeFirst()
        }
        guard let year = number(4), mark("-") != nil, let month = number(2), mark("-") != nil, let day = number(2),
            mark("Tt") != nil, let hour = number(2), mark(":") != nil, let minute = number(2), mark(":") != nil,
            let second = number(2), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var nanoseconds: UInt32 = 0
        if mark(".") != nil {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            if digits.isEmpty { return nil }
            rest = rest.dropFirst(digits.count)
            let padded = digits.prefix(9) + [UInt8](repeating: 0x30, count: max(0, 9 - digits.count))
            nanoseconds = padded.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
        }
        var east: Int64 = 0
        if mark("Zz") == nil {
            guard let sign = mark("+-"), let hours = number(2), mark(":") != nil, let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            east = (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
        }
        guard rest.isEmpty else { return nil }
        let clock = hour * 3600 + minute * 60 + second - east
        self.init(seconds: Self.days(to: year, month, day) * 86400 + clock, nanoseconds: nanoseconds)
    }

    /// `2026-11-01T15:30:12Z`, in UTC, with as many digits of a fraction as it takes. Nil outside the years 0 to 9999.
    public var rfc3339: String? {
        let days = seconds >= 0 ? seconds / 86400 : (seconds + 1) / 86400 - 1
        let (year, month, day) = Self.date(days)
        guard (0...9999).contains(year) else { return nil }
        func padded(_ value: Int64, _ digits: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        let clock = seconds - days * 86400
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
        text += "\(padded(clock / 3600, 2)):\(padded(clock / 60 % 60, 2)):\(padded(clock % 60, 2))"
        if nanoseconds != 0 {
            let digits = padded(Int64(nanoseconds), 9)
            text += ".\(digits[...(digits.lastIndex { $0 != "0" } ?? digits.startIndex)])"
        }
        return text + "Z"
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && year % 100 != 0 || year % 400 == 0 }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Of the proleptic Gregorian calendar, from 1970. Years begin in March here, so that the leap day comes last, and
    /// 400 of them have 146,097 days.
    private static func days(to year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * m + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let m = (5 * dayOfYear + 2) / 153
        let month = m < 10 ? m + 3 : m - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
    }
}
