import Engine
import Glibc

/// Times as people read them.
enum Age {
    /// `2 hours ago`.
    static func of(_ seconds: Int64) -> String { "\(span(seconds)) ago" }

    /// `2 hours`: how long ago.
    static func span(_ seconds: Int64) -> String {
        let age = max(0, Moment.now() - seconds)
        let units: [(Int64, String)] = [
            (31_557_600, "year"), (2_629_800, "month"), (604_800, "week"), (86400, "day"), (3600, "hour"),
            (60, "minute"), (1, "second"),
        ]
        let (size, name) = units.first { age >= $0.0 } ?? (1, "second")
        let count = age / size
        return "\(count) \(name)\(count == 1 ? "" : "s")"
    }

    /// As git writes dates: `Mon Nov 23 18:23:39 2026 +0100`.
    /// - Parameter zone: minutes east of UTC.
    static func date(_ seconds: Int64, zone: Int) -> String {
        var shifted = time_t(seconds) + zone * 60
        var fields = tm()
        gmtime_r(&shifted, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%a %b %e %H:%M:%S %Y", &fields)
        let text = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (hours, minutes) = (abs(zone) / 60, abs(zone) % 60)
        return "\(text) \(zone < 0 ? "-" : "+")\(hours < 10 ? "0" : "")\(hours)\(minutes < 10 ? "0" : "")\(minutes)"
    }
}
