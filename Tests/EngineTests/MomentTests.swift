import Testing

@testable import Engine

@Suite("Moments as people write them") struct MomentTests {
    @Test(
        "days that no month has are refused",
        arguments: [
            "2026-02-29", "2026-02-31", "2026-04-31", "2026-06-31 12:00", "1900-02-29", "2026-13-01", "2026-01-00",
            "2026-1",
            "2026-01-01 24:00", "2026-12-31 23:59:60",
        ])
    func refused(_ text: String) { #expect(Moment.parse(text, now: 0) == nil) }

    @Test("and those that one has are taken", arguments: ["2028-02-29", "2026-01-31", "2026-12-31T23:59:59"])
    func taken(_ text: String) { #expect(Moment.parse(text, now: 0) != nil) }
}
