import Images
import Model
import Testbed
import Testing

@Suite("RFC 3339 times")
struct RFC3339Tests {
    @Test("every time is read back from what is written for it, and date(1) agrees")
    func property() throws {
        var random = SplitMix(seed: 5)
        var times = [0, -1, 951_782_400, 951_868_799, -62_167_219_200, 253_402_300_799].map { Timestamp(seconds: $0) }
        for _ in 0..<500 {
            let nanoseconds = [0, 500_000_000, UInt32.random(in: 0..<1_000_000_000, using: &random)]
            times.append(
                Timestamp(
                    seconds: Int64.random(in: -62_167_219_200...253_402_300_799, using: &random),
                    nanoseconds: nanoseconds.randomElement(using: &random) ?? 0))
        }
        for time in times { #expect(Timestamp(rfc3339: time.rfc3339) == time, "\(time.rfc3339)") }
        let input = times.map { "@\($0.seconds)\n" }.joined()
        let dates = try run(["date", "-u", "-f", "-", "+%Y-%m-%dT%H:%M:%S"], input: Array(input.utf8))
        try #require(dates.status == 0, "\(dates.errors)")
        #expect(dates.text.split(separator: "\n").map(String.init) == times.map { String($0.rfc3339.prefix(19)) })
    }

    @Test("offsets, leap days, Go's zero time and digits beyond nanoseconds")
    func forms() {
        #expect(Timestamp(rfc3339: "1970-01-01T01:00:00+01:00") == Timestamp(seconds: 0))
        #expect(Timestamp(rfc3339: "1969-12-31t18:30:00.25-05:30") == Timestamp(seconds: 0, nanoseconds: 250_000_000))
        #expect(Timestamp(rfc3339: "2024-02-29T00:00:00Z") == Timestamp(seconds: 1_709_164_800))
        #expect(Timestamp(rfc3339: "0001-01-01T00:00:00Z") == Timestamp(seconds: -62_135_596_800))
        #expect(
            Timestamp(rfc3339: "1970-01-01T00:00:00.1234567899Z") == Timestamp(seconds: 0, nanoseconds: 123_456_789))
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+01:00x", "+026-01-01T00:00:00Z",
        ])
    func refused(text: String) { #expect(Timestamp(rfc3339: text) == nil) }
}
