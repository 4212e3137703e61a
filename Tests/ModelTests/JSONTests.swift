import Model
import Testbed
import Testing

@Suite("JSON")
struct JSONTests {
    @Test("a document becomes a value that keeps its numbers' digits and its members' order")
    func parses() throws {
        let text = #" { "z" : [ 1 , -0.50e+3 , true , false , null ] , "a" : "\u0041\ud83d\ude00\n\/é" , "" : { } } "#
        #expect(
            try JSON(parsing: text.utf8)
                == .object([
                    .init("z", [1, .number("-0.50e+3"), true, false, nil]), .init("a", "A😀\n/é"), .init("", [:]),
                ]))
    }

    @Test(
        "every kind of value is legal at the top", arguments: ["null", "true", "0", "-0", "1E400", #""""#, "[]", "{}"])
    func topLevel(text: String) throws {
        #expect(String(decoding: try JSON(parsing: text.utf8).serialized(), as: UTF8.self) == text)
    }

    @Test("accessors give the value of their own kind and nil for others")
    func accessors() {
        let value: JSON = ["s": "text", "i": -7, "b": true, "a": [1], "o": ["k": nil]]
        #expect(value["s"]?.string == "text")
        #expect(value["i"]?.integer == -7)
        #expect(value["b"]?.bool == true)
        #expect(value["a"]?.array == [1])
        #expect(value["o"]?["k"]?.isNull == true)
        #expect(value["missing"] == nil && value["s"]?["k"] == nil && value["s"]?.integer == nil)
        #expect(JSON.number("1.0").integer == nil && JSON.number("1e2").integer == nil)
        #expect(
            JSON.number("9223372036854775807").integer == .max && JSON.number("-9223372036854775808").integer == .min)
        #expect(JSON.number("9223372036854775808").integer == nil)
        #expect(JSON.integer(UInt64.max) == .number("18446744073709551615"))
    }

    @Test("strings are compared by bytes, not by Unicode equivalence")
    func exactEquality() throws {
        let composed: JSON = "\u{e9}"
        let decomposed: JSON = "e\u{301}"
        #expect(composed != decomposed)
        let both = try JSON(parsing: #"{"\#u{e9}":1,"e\#u{301}":2}"#.utf8)
        #expect(both["e\u{301}"] == 2 && both["\u{e9}"] == 1)
        #expect(JSON.number("1") != JSON.number("1.0"))
    }

    @Test("the canonical form sorts keys by UTF-8 bytes and escapes only what must be")
    func canonical() throws {
        let value = try JSON(
            parsing: #"{"b":"\u001f\u007f\/\u00e9\"\\\b\f\n\r\t","\ud83d\ude00":1,"\uff5e":2,"a":{"y":0,"x":0}}"#.utf8)
        let expected = #"{"a":{"x":0,"y":0},"b":"\u001f\#u{7f}/é\"\\\b\f\n\r\t","\#u{ff5e}":2,"😀":1}"#
        #expect(String(decoding: value.canonical(), as: UTF8.self) == expected)
    }

    @Test("the pretty form indents by two spaces and leaves empty brackets closed")
    func pretty() {
        let value: JSON = ["a": [1, ["b": []]], "c": [:]]
        #expect(
            value.pretty() == """
                {
                  "a": [
                    1,
                    {
                      "b": []
                    }
                  ],
                  "c": {}
                }
                """)
    }

    @Test("depth and length have limits")
    func limits() throws {
        func nested(_ count: Int) -> [UInt8] {
            Array(repeatElement(UInt8(ascii: "["), count: count)) + repeatElement(UInt8(ascii: "]"), count: count)
        }
        _ = try JSON(parsing: nested(64))
        #expect(throws: JSONError(offset: 64, reason: "more than 64 arrays and objects inside each other")) {
            try JSON(parsing: nested(65))
        }
        #expect(throws: JSONError.self) { try JSON(parsing: Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
        _ = try JSON(parsing: nested(2), maximumDepth: 2, maximumBytes: 4)
        #expect(throws: JSONError.self) { try JSON(parsing: nested(2), maximumBytes: 3) }
        #expect(throws: JSONError.self) { try JSON(parsing: "[]".utf8, maximumDepth: 0) }
    }

    @Test("an error names the byte where the text goes wrong")
    func errorPositions() {
        #expect(throws: JSONError(offset: 7, reason: "the key 'a' stands twice in an object")) {
            try JSON(parsing: #"{"a":1,"\u0061":2}"#.utf8)
        }
        #expect(throws: JSONError(offset: 3, reason: "there is more after the value")) {
            try JSON(parsing: "[] x".utf8)
        }
        #expect(throws: JSONError(offset: 1, reason: "the text ends too early: a value should stand here")) {
            try JSON(parsing: "[".utf8)
        }
    }

    @Test("random values survive every way of writing")
    func roundTrip() throws {
        for seed in 0..<400 as Range<UInt64> {
            var random = SplitMix(seed: seed)
            let value = JSON.random(depth: 4, using: &random)
            #expect(try JSON(parsing: value.serialized()) == value, "seed \(seed)")
            #expect(try JSON(parsing: value.pretty().utf8) == value, "seed \(seed)")
            let canonical = value.canonical()
            #expect(try JSON(parsing: canonical).canonical() == canonical, "seed \(seed)")
        }
    }

    @Test("a damaged text gives an error or a value that survives writing")
    func damage() throws {
        for seed in 0..<400 as Range<UInt64> {
            var random = SplitMix(seed: seed)
            var bytes = JSON.random(depth: 3, using: &random).serialized()
            for _ in 0..<20 {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = random.element(of: Array("\"\\{}[],:0e.-u\u{0}".utf8) + [0xff, 0xc3])
                guard let value = try? JSON(parsing: bytes) else { continue }
                #expect(try JSON(parsing: value.serialized()) == value, "seed \(seed)")
            }
        }
    }
}

extension SplitMix {
    mutating func element<Element>(of choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }
}

extension JSON {
    static func random(depth: Int, using random: inout SplitMix) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3: return .number(random.element(of: ["0", "-0", "-0.0", "1.50", "1e5", "12E-07", "0.1e+22", "1e400"]))
        case 4: return .string(randomText(using: &random))
        case 5:
            return .array(
                (0..<random.element(of: [0, 1, 3, 9])).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            let keys = Set((0..<random.element(of: [0, 1, 3, 9])).map { _ in Array(randomText(using: &random).utf8) })
            let members = keys.map { key in
                Member(String(decoding: key, as: UTF8.self), .random(depth: depth - 1, using: &random))
            }
            return .object(members)
        }
    }

    private static func randomText(using random: inout SplitMix) -> String {
        var text = ""
        for _ in 0..<random.element(of: [0, 1, 2, 6, 20]) {
            let limit = random.element(of: [0x20, 0x80, 0x800, 0x1_0000, 0x11_0000] as [UInt32])
            text.unicodeScalars.append(Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) ?? "\\")
        }
        return text
    }
}
