import Model
import Testbed
import Testing

@testable import Images

/// Bytes from hexadecimal digits and blanks.
private func hex(_ text: String) -> [UInt8] { [UInt8](hex: text.filter { $0 != " " }) ?? [] }

@Suite("The form of recipes")
struct RecipeFormTests {
    private static let id = String(repeating: "ab", count: 20)
    private static let digest = String(repeating: "00", count: 32)

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The chunks after the header.
        let chunks: [[UInt8]]
        let reason: String

        init(_ reason: String, _ chunks: String...) {
            self.init(reason, chunks.map(hex))
        }

        init(_ reason: String, _ chunks: [[UInt8]]) {
            testDescription = "\(reason), \(chunks.first?.prefix(40).hex ?? "nothing")"
            self.chunks = chunks
            self.reason = reason
        }
    }

    static let refused: [Refused] = [
        Refused("there is no operation 3", "03"),
        Refused("there is no operation 8", "08"),
        Refused("there is no operation in it", ""),
        Refused("it has no end", "0101aa"),
        Refused("there is no operation in it", "0101aa", "", "00 \(digest) 01"),
        Refused("there is something after its end", "00 \(digest) 00 00"),
        Refused("there is something after its end", "00 \(digest) 00", "0101aa"),
        Refused("it says 2 bytes, and is 1", "0101aa 00 \(digest) 02"),
        Refused("it is cut off", "0102aa"),
        Refused("it is cut off", "00 \(digest.dropLast(2))"),
        Refused("it is cut off", "04 \(id.dropLast(2))"),
        Refused("a number is malformed", "01"),
        Refused("a number is malformed", "0181"),
        Refused("a number is malformed", "018100aa"),
        Refused("a number is malformed", "02 80808080808080808001"),
        Refused("these are too many bytes, or none", "0100"),
        Refused("these are too many bytes, or none", [hex("01818004") + [UInt8](repeating: 1, count: 65_537)]),
        Refused("bytes follow bytes", "0101aa 0101bb"),
        Refused("these bytes have too many zeros in a row", "0111 01 \(String(repeating: "00", count: 16))"),
        Refused("a zero follows zeros", "0210 0102 00aa"),
        Refused("zeros follow a zero", "0102 aa00 0210"),
        Refused("zeros follow zeros", "0210 0210"),
        Refused("these zeros are too few for an operation", "020f"),
        Refused("it is empty", "04 \(id) 00"),
        Refused("it is empty", "06 \(id) 05 01 00"),
        Refused("it is no part of the body", "06 \(id) 05 00 05"),
        Refused("it is no part of the body", "06 \(id) 05 01 05"),
        Refused("it goes on with the body before", "06 \(id) 05 00 02 06 \(id) 05 02 02"),
        Refused("it is too long", "04 \(id) ffffffffffffffff7f 04 \(id) ffffffffffffffff7f"),
        Refused("it has room in the chunk before", "0101aa", "00 \(digest) 01"),
        Refused("it is longer than 1048576 bytes", [[UInt8](repeating: 1, count: 1 << 20)]),
    ]

    @Test("has no other that is read", arguments: refused)
    func refusals(_ refused: Refused) {
        var chunks = refused.chunks
        chunks[0] = Array("varve recipe 1\n".utf8) + chunks[0]
        let error = #expect(throws: ImagesError.self) { try recipeOperations(chunks) }
        #expect(error?.reason.hasSuffix(": " + refused.reason) == true, "\(String(describing: error))")
    }

    @Test("begins with its version")
    func header() {
        for start in ["varve recipe 2\n", "varve recipe 1", ""] {
            let error = #expect(throws: ImagesError.self) { try recipeOperations([Array(start.utf8)]) }
            #expect(error?.reason == "chunk 0, 0: it is no recipe of version 1")
        }
        #expect(throws: ImagesError("read recipe", "layer", "chunk -1, 0: it has no end")) { try recipeOperations([]) }
    }

    @Test("any damage is refused, or is another recipe in its one form")
    func damage() throws {
        var random = SplitMix(seed: 23)
        let body = noise(700, using: &random)
        let bytes =
            HeaderBuilder("a", size: 700).bytes + padded(body) + HeaderBuilder("b", type: "5").bytes + endMark
        let layer = try ReadLayer(bytes: bytes)
        var read = 0
        for _ in 0..<2000 {
            var chunks = layer.recipe
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                chunks[0][Int.random(in: 15..<chunks[0].count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            if Int.random(in: 0..<5, using: &random) == 0 {
                chunks[0].removeLast(Int.random(in: 1..<chunks[0].count, using: &random))
            }
            do {
                let operations = try recipeOperations(chunks)
                var reader = recipeReader(chunks)
                while try reader.nextBody() != nil {}
                let end = try #require(reader.end)
                let again = try written(operations, diffID: end.diffID)
                #expect(again == chunks)
                read += 1
            } catch let error as ImagesError {
                #expect(!error.description.contains("\n"))
            }
        }
        #expect(read > 100 && read < 1900)
    }

    @Test("is what docs/format.md shows")
    func example() throws {
        let command = """
            cd "$(mktemp -d)" && printf 'hello\\n' > hello && tar --format=ustar --mode=644 --owner=0 --group=0 \
            --numeric-owner --mtime=@1700000000 -b 1 -cf - hello && rm -r "$PWD"
            """
        let tar = try run(["sh", "-ec", command]).output
        var chunks: [[UInt8]] = []
        let reader = try LayerReader(PiecesSource(tar), named: "hello.tar") { chunks.append($0) }
        while try reader.next() != nil {
            reader.stored(as: try #require(ObjectID(hex: "ce013625030ba8dba906f756967f9e9ca394464a")))
        }
        _ = try reader.finish()
        let root = #filePath.utf8.count - "Tests/ImagesTests/Layers/RecipeFormTests.swift".utf8.count
        let lines = try run(["cat", "\(#filePath.prefix(root))docs/format.md"]).text.split(separator: "\n")
        let shown = lines.drop { $0 != "The recipe of `hello.tar`:" }.drop { $0 != "```" }.dropFirst().prefix {
            $0 != "```"
        }
        #expect(chunks.map(\.hex) == [shown.map { $0.prefix { $0 != "#" } }.joined().filter { $0 != " " }])
    }
}
