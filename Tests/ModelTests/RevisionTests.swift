import Model
import Testbed
import Testing

@Suite("Revisions")
struct RevisionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let name: String
        let anchor: Revision.Anchor?
        let steps: [Revision.Step]
        var testDescription: String { text }
    }

    static func tag(_ text: String) -> TagName {
        do { return try TagName(parsing: text) } catch { preconditionFailure("\(text): \(error)") }
    }

    static let cases: [Case] = [
        Case(text: "debian", name: "debian", anchor: .tag(tag("debian")), steps: []),
        Case(text: "debian:12", name: "debian:12", anchor: .tag(tag("debian:12")), steps: []),
        Case(text: "debian:12~2", name: "debian:12", anchor: .tag(tag("debian:12")), steps: [.ancestor(2)]),
        Case(text: "a~", name: "a", anchor: .tag(tag("a")), steps: [.ancestor(1)]),
        Case(text: "a^", name: "a", anchor: .tag(tag("a")), steps: [.parent(1)]),
        Case(text: "a^0", name: "a", anchor: .tag(tag("a")), steps: [.parent(0)]),
        Case(
            text: "a~~^2~3", name: "a", anchor: .tag(tag("a")),
            steps: [.ancestor(1), .ancestor(1), .parent(2), .ancestor(3)]),
        Case(text: "a@{1}", name: "a", anchor: .moved(tag("a"), .moves(1)), steps: []),
        Case(text: "a@{0}~1", name: "a", anchor: .moved(tag("a"), .moves(0)), steps: [.ancestor(1)]),
        Case(text: "a@{yesterday}", name: "a", anchor: .moved(tag("a"), .date("yesterday")), steps: []),
        Case(
            text: "a:b@{2026-01-02 03:04:05 +0000}^2", name: "a:b",
            anchor: .moved(tag("a:b"), .date("2026-01-02 03:04:05 +0000")), steps: [.parent(2)]),
        Case(text: "abcd", name: "abcd", anchor: .prefix("abcd"), steps: []),
        Case(text: "0123abc~2", name: "0123abc", anchor: .prefix("0123abc"), steps: [.ancestor(2)]),
        Case(text: "abcd@{1}", name: "abcd", anchor: .moved(tag("abcd"), .moves(1)), steps: []),
        Case(text: "abc", name: "abc", anchor: .tag(tag("abc")), steps: []),
        Case(
            text: ObjectID.emptyTree.hex, name: ObjectID.emptyTree.hex, anchor: .prefix(ObjectID.emptyTree.hex),
            steps: []),
        Case(text: "My_Box", name: "My_Box", anchor: nil, steps: []),
        Case(text: "ABCD^", name: "ABCD", anchor: nil, steps: [.parent(1)]),
        Case(
            text: "localhost:5000/a/b:c~1", name: "localhost:5000/a/b:c", anchor: .tag(tag("localhost:5000/a/b:c")),
            steps: [.ancestor(1)]),
    ]

    @Test("a revision is split into what it starts from and the steps back", arguments: cases)
    func legal(expected: Case) throws {
        let revision = try Revision(parsing: expected.text)
        #expect(revision.text == expected.text)
        #expect(revision.name == expected.name)
        #expect(revision.anchor == expected.anchor)
        #expect(revision.steps == expected.steps)
    }

    @Test("41 digits are no commit id, but a name")
    func longHex() throws {
        let text = String(repeating: "a", count: 41)
        #expect(try Revision(parsing: text).anchor == .tag(Self.tag(text)))
    }

    @Test(
        "what names nothing is refused",
        arguments: [
            "", "~", "~1", "^", "@", "@{1}", "a@", "a@1", "a@{", "a@{}", "a@{1", "a@{-1}", "A@{1}", "a@{1}@{2}",
            "a~1@{1}",
            "a~x", "a~-1", "a^+1", "a~1x", "a~99999999999999999999", "a^99999999999999999999", "a@{1}x", "a~１",
        ])
    func illegal(text: String) {
        #expect(throws: Revision.Invalid.self) { try Revision(parsing: text) }
    }

    @Test("any text gives a revision or an error")
    func anyText() {
        var random = SplitMix(seed: 6)
        let alphabet = ["a", "b:c", "~", "^", "@", "{", "}", "1", "-", "é", "\u{301}", " ", "/", "deadbeef"]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in random.element(of: alphabet) }.joined()
            guard let revision = try? Revision(parsing: text) else { continue }
            #expect(revision.text == text && text.hasPrefix(revision.name))
        }
    }
}
