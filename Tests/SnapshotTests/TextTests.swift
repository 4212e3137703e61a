import Model
import ObjectStore
import Testbed
import Testing

@Suite("Texts")
struct TextTests {
    private static let long = (1...40).map { "line \($0)\n" }.joined()

    static let pairs: [(String, String)] = [
        ("", "a\n"), ("a\n", ""), ("a\nb\nc\n", "a\nx\nc\n"), ("a\n", "a"), ("a", "a\n"), ("a", "b"),
        (long, long.replacing("line 3\n", with: "third\n").replacing("line 30\n", with: "")),
        ("same\n", "same\n"), ("\r\nx\r\n", "\r\ny\r\n"), ("é\n", "è\n"),
    ]

    @Test("differ as diff -up says", arguments: pairs)
    func unified(old: String, new: String) throws {
        let directory = try TemporaryDirectory("patch")
        let patch = try TextPatch(from: Array(old.utf8), to: Array(new.utf8))
        let result = try run([
            "bash", "-c", "diff -up <(printf %s \"$1\") <(printf %s \"$2\") | tail -n +3", directory.path, old, new,
        ])
        #expect(String(decoding: patch.hunks, as: UTF8.self) == result.text)
        let lines = result.output.split(separator: 10)
        #expect(patch.added == lines.count { $0.first == UInt8(ascii: "+") })
        #expect(patch.removed == lines.count { $0.first == UInt8(ascii: "-") })
    }

    @Test("are binary with a NUL near the start")
    func binary() {
        #expect(TextPatch.isBinary([65, 0, 65]))
        #expect(!TextPatch.isBinary([]))
        #expect(!TextPatch.isBinary(Array("text\u{1}\n".utf8)))
        #expect(TextPatch.isBinary([UInt8](repeating: 65, count: 7999) + [0]))
        #expect(!TextPatch.isBinary([UInt8](repeating: 65, count: 8000) + [0]))
    }

    @Test("are as alike as they have lines in common")
    func similarity() throws {
        let text = (0..<100).map { "this is line number \($0)\n" }
        func signature(_ lines: some Sequence<String>) throws -> TextSignature {
            try #require(try TextSignature(of: Array(lines.joined().utf8)))
        }
        let whole = try signature(text)
        #expect(try whole.similarity(to: try signature(text)) == 100)
        let half = try whole.similarity(to: try signature(text.prefix(50) + (0..<50).map { "\($0 * 31) other\n" }))
        #expect((30...70).contains(half), "\(half)")
        #expect(try whole.similarity(to: try signature((0..<100).map { "quite \($0 * 77) different\n" })) < 20)
        #expect(try TextSignature(of: []) == nil)
    }
}
