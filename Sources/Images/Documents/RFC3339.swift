import Model

extension Timestamp {
    /// A time as RFC 3339 (section 5.6) writes it: `2026-11-23T20:33:52.5+01:00`. Digits beyond nanoseconds are dropped;
    /// nil for anything else, days that no month has among it.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = Self.digits(bytes[0..<4]), let month = Self.digits(bytes[5..<7]),
            let day = Self.digits(bytes[8..<10]), let hour = Self.digits(bytes[11..<13]),
            let minute = Self.digits(bytes[14..<16]), let second = Self.digits(bytes[17..<19]),
            (1...12).contains(month), (1...Self.days(month: month, year: year)).contains(day), hour <= 23, minute <= 59,
            second <= 60
        else { return nil }
        var rest = bytes[19...]
        var nanoseconds: UInt32 = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !fraction.isEmpty else { return nil }
            rest = rest[fraction.endIndex...]
            for place in 0..<9 {
                let digit = place < fraction.count ? fraction[fraction.startIndex + place] - UInt8(ascii: "0") : 0
                nanoseconds = nanoseconds * 10 + UInt32(digit)
            }
        }
        guard let offset = Self.offset(rest) else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        self.init(seconds: days * 86400 + hour * 3600 + minute * 60 + second - offset, nanoseconds: nanoseconds)
    }

    /// In UTC, with as many digits after the point as it takes: `2026-11-23T20:33:52Z`.
    /// Years from 0 to 9999 only; what lies outside gives the nearest time that can be written.
    public var rfc3339: String {
        let (first, last) = (
            Self.daysSince1970(year: 0, month: 1, day: 1), Self.daysSince1970(year: 10000, month: 1, day: 1)
        )
        let seconds = min(max(seconds, first * 86400), last * 86400 - 1)
        let day = (seconds >= 0 ? seconds : seconds - 86399) / 86400
        let time = seconds - day * 86400
        var year = 1970 + day / (day < 0 ? 365 : 366) - 1
        while Self.daysSince1970(year: year + 1, month: 1, day: 1) <= day { year += 1 }
        var month: Int64 = 1
        while month < 12, Self.daysSince1970(year: year, month: month + 1, day: 1) <= day { month += 1 }
        let dayOfMonth = day - Self.daysSince1970(year: year, month: month, day: 1) + 1
        var text = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(dayOfMonth, 2))T"
        text += "\(Self.padded(time / 3600, 2)):\(Self.padded(time / 60 % 60, 2)):\(Self.padded(time % 60, 2))"
        if nanoseconds > 0 {
            var fraction = Self.padded(Int64(nanoseconds), 9)
            while fraction.last == "0" { fraction.removeLast() }
            text += ".\(fraction)"
        }
        return text + "Z"
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// `Z`, or hours and minutes east of Greenwich, in seconds.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        if bytes.count == 1, let byte = bytes.first { return byte | 0x20 == UInt8(ascii: "z") ? 0 : nil }
        let start = bytes.startIndex
        guard bytes.count == 6, bytes[start + 3] == UInt8(ascii: ":"),
            let hours = digits(bytes[(start + 1)..<(start + 3)]), hours <= 23,
            let minutes = digits(bytes[(start + 4)...]), minutes <= 59
        else { return nil }
        switch bytes[start] {
        case UInt8(ascii: "+"): return hours * 3600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3600 + minutes * 60)
        default: return nil
        }
    }

    private static func days(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// In the Gregorian calendar, carried back before its start. Counts from 1 March, so that a leap day ends a year.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        // From 400 years before, which are a whole cycle of leap years, so that nothing here is negative.
        let shifted = month > 2 ? year + 400 : year + 399
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        return 365 * shifted + leapDays + (153 * monthFromMarch + 2) / 5 + day - 1 - 719_468 - 146_097
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
