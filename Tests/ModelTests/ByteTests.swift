import Model
import Testbed
import Testing

@Suite("Hex digits and object ids")
struct HexTests {
    @Test("hex is read in either case, written in lower case, and nothing else is read")
    func table() {
        #expect([UInt8](hex: "00ffA0") == [0, 255, 160])
        #expect([UInt8](hex: "") == [])
        #expect([0, 255, 160].hex == "00ffa0")
        for text in ["0", "abc", "0g", " 00", "00 ", "0x00", "+1", "１２", "é0"] { #expect([UInt8](hex: text) == nil) }
    }

    @Test("random bytes survive hex")
    func roundTrip() {
        var random = SplitMix(seed: 1)
        for count in 0..<200 {
            let bytes = random.bytes(count)
            #expect([UInt8](hex: bytes.hex) == bytes)
            #expect([UInt8](hex: bytes.hex.uppercased()) == bytes)
        }
    }

    @Test("an object id takes 20 bytes or 40 digits, no more and no less")
    func idLength() {
        for count in 0..<64 where count != 20 {
            #expect(ObjectID(bytes: [UInt8](repeating: 7, count: count)) == nil)
            #expect(ObjectID(hex: String(repeating: "07", count: count)) == nil)
        }
        #expect(ObjectID(hex: String(repeating: "0", count: 39) + "g") == nil)
        #expect(ObjectID(hex: String(repeating: "A", count: 40))?.hex == String(repeating: "a", count: 40))
    }

    @Test("object ids give back their bytes, and sort as their bytes do")
    func idRoundTrip() throws {
        var random = SplitMix(seed: 2)
        var ids: [ObjectID] = []
        for _ in 0..<300 {
            var bytes = random.bytes(20)
            // Shared prefixes, so that every word takes part in the order.
            if let last = ids.last {
                bytes.replaceSubrange(0..<Int.random(in: 0...20, using: &random), with: last.bytes)
            }
            bytes = Array(bytes.prefix(20))
            let id = try #require(ObjectID(bytes: bytes))
            #expect(id.bytes == bytes && id.hex == bytes.hex && ObjectID(hex: id.hex) == id)
            #expect(id.short == String(bytes.hex.prefix(10)))
            ids.append(id)
        }
        let byBytes = ids.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        #expect(ids.sorted() == byBytes)
    }

    @Test("the ids of the empty blob and tree are those that git computes")
    func emptyObjects() throws {
        let directory = try TemporaryDirectory()
        #expect(try run(["git", "init", "-q", "--bare", directory.path]).status == 0)
        for (kind, id) in [("blob", ObjectID.emptyBlob), ("tree", .emptyTree)] {
            let result = try run(["git", "-C", directory.path, "hash-object", "-t", kind, "--stdin"])
            #expect(result.text == id.hex + "\n")
        }
    }
}

@Suite("Byte names and paths")
struct ByteNameTests {
    @Test("entry names are what the kernel takes as one")
    func entryNames() {
        let legal: [ByteName] = [
            "a", "...", ".a", "..a", " ", "\n", "\\", ".git", ByteName([0xff]), ByteName([0x80, 1]),
        ]
        for name in legal { #expect(name.isEntryName, "\(name)") }
        #expect(ByteName([UInt8](repeating: 0xff, count: 255)).isEntryName)
        for name in ["", ".", "..", "/", "a/b", "a/", "a\u{0}"] as [ByteName] { #expect(!name.isEntryName, "\(name)") }
        #expect(!ByteName([UInt8](repeating: 1, count: 256)).isEntryName)
    }

    @Test("names sort by bytes, as git sorts them, not as text")
    func order() {
        let sorted: [ByteName] = ["", "\u{1}", "B", "a", "a\u{0}", "aa", "e\u{301}", "\u{e9}", "\u{ff5e}", "😀"]
        #expect(sorted.shuffled().sorted() == sorted)
        #expect(ByteName([0xff]) > ByteName([0x7f]))
        #expect(("\u{e9}" as ByteName) != "e\u{301}")
    }

    @Test("a name that is no UTF-8 has no text, but can be shown")
    func text() {
        #expect(ByteName([0x61, 0xff]).string == nil)
        #expect(ByteName("é").string == "é")
        #expect(ByteName([0x61, 0xff]).displayed == #"a\xff"#)
        #expect(("abc" as ByteName).hasPrefix("ab") && !("abc" as ByteName).hasPrefix("b"))
    }

    @Test(
        "a path is split and normalised",
        arguments: [
            ("", "/"), ("/", "/"), (".", "/"), ("//./", "/"), ("a", "/a"), ("./a/", "/a"), ("/a//b/./c", "/a/b/c"),
            ("...", "/..."), ("a\nb", #"/a\x0ab"#),
        ])
    func paths(text: String, expected: String) throws {
        let path = try #require(BytePath(parsing: text.utf8))
        #expect(path.displayed == expected)
        #expect(BytePath(parsing: path.bytes) == path)
    }

    @Test("a path with '..', a NUL or too long a name is refused")
    func badPaths() {
        for text in ["..", "a/..", "../a", "a/../b", "/..", "a\u{0}b", "\u{0}"] {
            #expect(BytePath(parsing: text.utf8) == nil, "\(text)")
        }
        #expect(BytePath(parsing: [UInt8](repeating: 0x61, count: 256)) == nil)
        #expect(BytePath(parsing: [UInt8](repeating: 0x61, count: 255))?.names.count == 1)
    }

    @Test("a path knows its parent, and whether it stands below another")
    func relations() {
        let path = BytePath(["a", "b"])
        #expect(path.parent == BytePath(["a"]) && path.last == "b" && BytePath.root.parent == .root)
        #expect(BytePath.root.isRoot && BytePath.root.last == nil && !path.isRoot)
        #expect(BytePath.root.appending("a").appending("b") == path)
        #expect(path.isWithin(.root) && path.isWithin(path) && path.isWithin(path.parent))
        #expect(!path.parent.isWithin(path) && !BytePath(["ab"]).isWithin(path.parent))
        let sorted: [BytePath] = [.root, BytePath(["a"]), BytePath(["a", "z"]), BytePath(["a!"])]
        #expect(sorted.shuffled().sorted() == sorted)
    }
}

@Suite("Escaping")
struct EscapingTests {
    @Test("any bytes survive as a word, and the word is one word of ASCII")
    func words() {
        var random = SplitMix(seed: 3)
        for count in 0..<300 {
            let bytes = random.bytes(count)
            let word = Escaping.word(bytes)
            #expect(word.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "=") })
            #expect(Escaping.unescaped(word) == bytes)
        }
        for byte in 0...UInt8.max { #expect(Escaping.unescaped(Escaping.word([byte])) == [byte]) }
    }

    @Test("what was not written by word is not read")
    func foreignWords() {
        for text in [#"\"#, #"\x"#, #"\x4"#, #"\x41"#, #"\xFF"#, #"\n"#, #"\\"#, "a b", "a=b", "é", #"\x0g"#, "\u{7f}"]
        {
            #expect(Escaping.unescaped(text.utf8) == nil, "\(text)")
        }
    }

    @Test("a word has exactly one spelling")
    func oneSpelling() {
        var random = SplitMix(seed: 4)
        let alphabet = Array(#"\x0123456789abcdefAF =~!"#.utf8)
        for _ in 0..<20_000 {
            let word = (0..<Int.random(in: 1...6, using: &random)).map { _ in random.element(of: alphabet) }
            guard let bytes = Escaping.unescaped(word) else { continue }
            #expect(Escaping.word(bytes) == word)
        }
    }

    @Test(
        "people see printable text as it is and everything else as \\xHH",
        arguments: [
            ([0x61, 0x20, 0x7e], "a ~"), (Array("é😀".utf8), "é😀"), ([0x0a, 0x1b, 0x7f, 0x00], #"\x0a\x1b\x7f\x00"#),
            ([0x5c], #"\x5c"#), ([0xff, 0x61, 0xc3], #"\xffa\xc3"#), ([0xed, 0xa0, 0x80], #"\xed\xa0\x80"#),
            (Array("\u{202e}".utf8), #"\xe2\x80\xae"#), (Array("\u{85}".utf8), #"\xc2\x85"#),
            ([0xc3, 0xa9, 0xa9], "é\\xa9"),
            ([0xf0, 0x9f, 0x98], #"\xf0\x9f\x98"#),
        ] as [([UInt8], String)])
    func displayed(bytes: [UInt8], expected: String) {
        #expect(Escaping.displayed(bytes) == expected)
    }
}

extension SplitMix {
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255, using: &self) } }
}
