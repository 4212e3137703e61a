import Glibc
import Model
import Testbed
import Testing

@Suite("Times as RFC 3339 writes them")
struct TimestampTests {
    @Test("agree with the C library over ten thousand years")
    func oracle() throws {
        var generator = SplitMix(seed: 9)
        for _ in 0..<20_000 {
            var seconds = time_t.random(in: -62_135_596_800...253_402_300_799, using: &generator)
            var fields = tm()
            gmtime_r(&seconds, &fields)
            var buffer = [CChar](repeating: 0, count: 64)
            let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &fields)
            let wanted = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let padded = String(repeating: "0", count: max(0, 20 - wanted.utf8.count)) + wanted
            let timestamp = Timestamp(seconds: Int64(seconds))
            #expect(timestamp.rfc3339 == padded)
            #expect(Timestamp(rfc3339: padded) == timestamp)
        }
    }

    @Test("keep fractions and undo zones")
    func forms() {
        #expect(
            Timestamp(rfc3339: "2023-05-01T12:00:00.5+02:00")
                == Timestamp(seconds: 1_682_935_200, nanoseconds: 500_000_000))
        #expect(Timestamp(rfc3339: "2023-05-01T12:00:00.123456789999Z")?.nanoseconds == 123_456_789)
        #expect(Timestamp(seconds: 0, nanoseconds: 120_000_000).rfc3339 == "1970-01-01T00:00:00.12Z")
        #expect(Timestamp(rfc3339: "1969-12-31t23:59:59z") == Timestamp(seconds: -1))
        #expect(Timestamp(seconds: 1 << 40).rfc3339 == nil)
    }

    @Test(
        "refuse other texts",
        arguments: [
            "", "2023-05-01", "2023-05-01T12:00:00", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
            "2023-05-01T24:00:00Z",
            "2023-05-01T12:00:00.Z", "2023-05-01T12:00:00+0200", "2023-05-01T12:00:00Z ", "+023-05-01T12:00:00Z",
        ])
    func refusals(_ text: String) { #expect(Timestamp(rfc3339: text) == nil) }
}
