import Model
import Testbed
import Testing

/// Texts of every class in which parsers are known to be lax, and Python's parser as an outside oracle.
@Suite("JSON against RFC 8259")
struct JSONConformanceTests {
    static let invalid: [String] = [
        // Nothing, or more than one value.
        "", " ", "\u{feff}1", "1 2", "[] []", "{} ,", "[1]]", "nullx", "1//", "1 /* c */", "# c\n1", "\u{0}", "1\u{0}",
        // Words.
        "nul", "True", "NULL", "undefined", "NaN", "Infinity", "-Infinity", "truefalse", "n", "tru e",
        // Numbers.
        "01", "-01", "00", "-", "+1", ".5", "-.5", "1.", "1.e1", "1e", "1e+", "1E-", "0x10", "1_000", "1e1.5", "--1",
        "1a", "1.2.3", "١", "-a", "0e", "1,5", "- 1", "1e 5", "１",
        // Strings.
        #"""#, #""a"#, #"'a'"#, #""\"#, #""\""#, #""\x41""#, #""\u""#, #""\u12""#, #""\u123g""#, #""\U0041""#, #""\ ""#,
        #""\u 041""#, #""\0""#, #""\a""#, "\"\u{0}\"", "\"\u{1f}\"", "\"\n\"", "\"\t\"", #"a"#, #""a"b"#, "“a”",
        // Surrogates that are no pair.
        #""\ud800""#, #""\udc00""#, #""\ud800a""#, #""\ud800\ud800""#, #""\ud800\u0041""#, #""\udc00\ud800""#,
        #""\ud800\n""#, #""\ud800\""#, #""\ud800\u""#, #""\uDBFF\u12""#,
        // Arrays.
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1;2]", "[1:2]", "[}", "[1}", "[\"a\"", "[[]",
        "[\u{c}1]", "[\u{a0}1]", "[\u{2028}]",
        // Objects.
        "{", "}", #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" 1}"#, #"{"a","b"}"#,
        #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{null:1}"#, #"{"a":1 "b":2}"#, #"{"a":1;"b":2}"#, #"{"a"::1}"#, #"{"a":}"#,
        #"{"a":1]"#, #"{[]:1}"#, #"{"a"}"#, "{]", #"{"a":1,,"b":2}"#,
        // Keys that stand twice, also where another spelling hides it.
        #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":1}"#, #"[{"x":{"":0,"":0}}]"#,
        #"{"😀":1,"\ud83d\ude00":2}"#,
    ]

    @Test("an invalid text is refused", arguments: invalid)
    func refusesText(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text.utf8) }
    }

    /// Inside a string each of these is no UTF-8 (RFC 3629).
    static let invalidUTF8: [[UInt8]] = [
        [0xff], [0xfe], [0x80], [0xbf], [0xc3], [0xc3, 0x28], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0xaf],
        [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0xaf], [0xf4, 0x90, 0x80, 0x80],
        [0xf5, 0x80, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe9],
    ]

    @Test("bytes that are no UTF-8 are refused in strings, in keys and outside", arguments: invalidUTF8)
    func refusesBytes(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError.self) { try JSON(parsing: [quote] + bytes + [quote]) }
        #expect(throws: JSONError.self) { try JSON(parsing: Array("{\"".utf8) + bytes + Array("\":1}".utf8)) }
        #expect(throws: JSONError.self) { try JSON(parsing: Array("[".utf8) + bytes + Array("]".utf8)) }
    }

    @Test("UTF-16 and UTF-32 are refused")
    func refusesOtherEncodings() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x5b, 0, 0x5d, 0]) }
        #expect(throws: JSONError.self) { try JSON(parsing: [0, 0x5b, 0, 0x5d]) }
        #expect(throws: JSONError.self) { try JSON(parsing: [0xff, 0xfe, 0x5b, 0, 0x5d, 0]) }
    }

    static let hasPython = (try? run(["python3", "-c", "pass"]))?.status == 0

    @Test("Python reads what is written here as the same value, and writes what is read here", .enabled(if: hasPython))
    func python() throws {
        var random = SplitMix(seed: 8259)
        let values = (0..<500).map { _ in JSON.random(depth: 4, using: &random) }
        // One text a line: none has a raw newline. Python has no such number as 1e400, so numbers stay text there.
        let program = """
            import json, sys
            class Literal:
                def __init__(self, text): self.text = text
            def write(v):
                if isinstance(v, Literal): return v.text
                if isinstance(v, list): return "[" + ",".join(map(write, v)) + "]"
                if isinstance(v, dict): return "{" + ",".join(json.dumps(k) + ":" + write(x) for k, x in v.items()) + "}"
                return json.dumps(v)
            for line in sys.stdin.buffer.read().decode("utf-8").split("\\n")[:-1]:
                print(write(json.loads(line, parse_int=Literal, parse_float=Literal)))
            """
        let input = values.flatMap { $0.serialized() + [UInt8(ascii: "\n")] }
        let result = try run(["python3", "-c", program], input: input)
        #expect(result.status == 0, "\(result.errors)")
        let lines = result.output.split(separator: UInt8(ascii: "\n"))
        try #require(lines.count == values.count)
        for (line, value) in zip(lines, values) {
            #expect(try JSON(parsing: line) == value)
        }
    }

    @Test("Python accepts no text that is refused here but for its known extensions", .enabled(if: hasPython))
    func pythonRefuses() throws {
        let program = """
            import json, sys
            for text in json.load(sys.stdin):
                try:
                    json.loads(text)
                    print(json.dumps(text))
                except ValueError:
                    pass
            """
        let texts = JSON.array(Self.invalid.map { .string($0) })
        let result = try run(["python3", "-c", program], input: texts.serialized())
        #expect(result.status == 0, "\(result.errors)")
        // Python takes three words that are no numbers, the last of equal keys, and unpaired surrogates.
        for line in result.output.split(separator: UInt8(ascii: "\n")) {
            let text = try #require(try JSON(parsing: line).string)
            #expect(
                ["NaN", "Infinity", "-Infinity"].contains(text) || text.contains("{") || text.contains(#"\u"#),
                "\(text)")
        }
    }
}
