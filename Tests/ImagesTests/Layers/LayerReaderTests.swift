import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import Images

private func file(_ name: String) -> [UInt8] { HeaderBuilder(name).bytes }

private func path(_ text: String) -> BytePath { BytePath(text.split(separator: "/").map { ByteName(String($0)) }) }

@Suite("Layers")
struct LayerReaderTests {
    private func changes(_ bytes: [UInt8]) throws -> [LayerEntry] {
        let layer = try ReadLayer(bytes: bytes + endMark)
        #expect(try layer.rebuilt() == bytes + endMark)
        return layer.changes
    }

    @Test("whiteouts, opaque ones, and what aufs left there")
    func whiteouts() throws {
        let bytes =
            HeaderBuilder("d/", type: "5").bytes + file("d/.wh.gone") + file("./.wh.top") + file("/d/.wh..wh..opq")
            + file(".wh..wh..opq") + file(".wh..wh.aufs") + HeaderBuilder(".wh..wh.plnk/", type: "5").bytes
            + HeaderBuilder(".wh..wh.plnk/123.456", size: 3).bytes + padded([1, 2, 3])
            + HeaderBuilder("d/.wh.link", type: "1", link: "d/.wh.gone").bytes + file("d/.whx")
        let changes = try changes(bytes)
        #expect(
            changes.dropFirst().dropLast() == [
                .whiteout(path("d/gone")), .whiteout(path("top")), .opaque(path("d")), .opaque(.root),
                .whiteout(path("d/link")),
            ])
        guard case .entry? = changes.first, case .entry(let last)? = changes.last else {
            Issue.record("\(changes) begins or ends with no entry")
            return
        }
        #expect(last.path == path("d/.whx"))
    }

    @Test("slashes before names and link targets are dropped")
    func absolute() throws {
        let changes = try changes(file("/a") + file("//./b") + HeaderBuilder("c", type: "1", link: "/a").bytes)
        let entries = changes.compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
        #expect(entries.map(\.path) == [path("a"), path("b"), path("c")])
        #expect(entries.last?.hardLinkTarget == path("a"))
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let message: String

        init(_ description: String, _ bytes: [UInt8], _ message: String) {
            testDescription = description
            self.bytes = bytes
            self.message = "read archive: layer: " + message
        }
    }

    static let refused: [Refused] = [
        Refused("bare whiteout", file("d/.wh."), "entry 'd/.wh.': it is a whiteout of nothing"),
        Refused("whiteout of '.'", file(".wh.."), "entry '.wh..': it is a whiteout of nothing"),
        Refused("whiteout of '..'", file("d/.wh..."), "entry 'd/.wh...': it is a whiteout of nothing"),
        Refused(
            "below a whiteout", file(".wh.d/f"), "entry '.wh.d/f': it is in a directory whose name is a whiteout's"),
        Refused(
            "opaque below a whiteout", file(".wh.d/.wh.f"),
            "entry '.wh.d/.wh.f': it is in a directory whose name is a whiteout's"),
        Refused("parent", file("a/../b"), "entry 'a/../b': its name has a '..'"),
        Refused("absolute parent", file("/../b"), "entry '/../b': its name has a '..'"),
        Refused("NUL", pax("path", "a\u{0}b") + file("x"), #"entry 'a\x00b': its name has a NUL"#),
        Refused(
            "10,000 bytes", special("L", Array(String(repeating: "a/", count: 5000).utf8)) + file("x"),
            "entry '\(String(repeating: "a/", count: 100))…': its name is longer than 4095 bytes"),
        Refused("empty name", file(""), "entry '': its name is empty"),
        Refused("text", [UInt8](repeating: 0x41, count: 2048), "this is no tar archive, compressed or not"),
        Refused("cut in a header", Array(file("x").prefix(100)), "this is no tar archive, compressed or not"),
        Refused("cut in a body", HeaderBuilder("x", size: 2000).bytes + [1, 2], "it is cut off at byte 514"),
        Refused(
            "a second archive", file("x") + endMark + file("y"),
            "there is something else after the end mark at byte 512"),
    ]

    @Test("are refused by one clear line", arguments: refused)
    func refusals(_ refused: Refused) throws {
        let isCut = refused.message.contains("cut off") || refused.testDescription == "cut in a header"
        let error = #expect(throws: ImagesError.self) { try ReadLayer(bytes: refused.bytes + (isCut ? [] : endMark)) }
        #expect(error?.description == refused.message)
    }

    @Test("holes are limited, of all files together, and a larger layer may have more")
    func holes() throws {
        func sparse(_ name: String, _ size: UInt64) -> [UInt8] {
            pax([
                ("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30]), ("GNU.sparse.name", Array(name.utf8)),
                ("GNU.sparse.realsize", Array("\(size)".utf8)),
            ]) + HeaderBuilder("x", size: 512).bytes + padded(Array("0\n".utf8))
        }
        func read(_ bytes: [UInt8], _ limits: LayerLimits = LayerLimits()) throws {
            let reader = try LayerReader(PiecesSource(bytes + endMark), named: "layer", limits: limits) { _ in }
            while try reader.next() != nil { reader.stored(as: .emptyBlob) }
        }
        let error = ImagesError(
            "read archive", "layer: entry 'b'",
            "with it there are more than 68719476736 bytes of holes; --max-layer-size SIZE allows more")
        try read(sparse("a", 64 << 30))
        for bytes in [sparse("b", 1 << 62), sparse("a", 1) + sparse("b", 64 << 30)] {
            #expect(throws: error) { try read(bytes) }
            try read(bytes, LayerLimits(bytes: 1 << 63))
        }
    }

    @Test(
        "without anything in them are fine, in every compression",
        arguments: ["cat", "gzip", "zstd -q", "xz", "bzip2", "lz4 -q"])
    func empty(filter: String) throws {
        for count in [0, 512, 1024, 10_240] {
            let zeros = [UInt8](repeating: 0, count: count)
            let layer = try ReadLayer(bytes: try filtered(filter, zeros))
            #expect(layer.changes.isEmpty && layer.size == UInt64(count) && layer.diffID == sha256(zeros))
            #expect(try layer.rebuilt() == zeros)
        }
    }

    @Test("the source's own error comes out as it is, after the bytes before it")
    func sourceError() throws {
        let failure = ImagesError("fetch blob", "layer", "its digest is another")
        let source = PiecesSource(file("a") + file("b"), largest: 600, failure: failure)
        let reader = try LayerReader(source, named: "layer") { _ in }
        #expect(try reader.next() != nil)
        reader.stored(as: .emptyBlob)
        #expect(try reader.next() != nil)
        for _ in 0..<2 { #expect(throws: failure) { try reader.next() } }
    }

    @Test("an error of who takes the recipe comes out as it is, and no chunk after it")
    func sinkError() throws {
        let failure = ImagesError("store recipe", "layer", "the disk is full")
        var random = SplitMix(seed: 3)
        let noise = noise(2 << 20, using: &random)
        let bytes = HeaderBuilder(".wh.x", size: noise.count).bytes + noise + endMark
        var calls = 0
        let reader = try LayerReader(PiecesSource(bytes), named: "layer") { _ throws(ImagesError) in
            calls += 1
            throw failure
        }
        for _ in 0..<2 { #expect(throws: failure) { try reader.next() } }
        #expect(calls == 1)
    }

    @Test("a reader that is dropped in the middle leaves no thread behind")
    func dropped() throws {
        let bytes = HeaderBuilder("big", size: 20 << 20).bytes + [UInt8](repeating: 7, count: 20 << 20) + endMark
        for taken in 0..<3 {
            let alive = Alive()
            do {
                let reader = try LayerReader(WatchedSource(bytes, alive), named: "layer") { _ in }
                for _ in 0..<taken {
                    _ = try reader.next()
                    reader.stored(as: .emptyBlob)
                }
            }
            // The source goes with the thread that holds it.
            #expect(alive.count == 0)
        }
    }
}

private final class Alive {
    var count = 0
}

private final class WatchedSource: ByteSource {
    private let input: PiecesSource
    private let alive: Alive

    init(_ bytes: [UInt8], _ alive: Alive) {
        input = PiecesSource(bytes)
        self.alive = alive
        alive.count += 1
    }

    deinit { alive.count -= 1 }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer { try input.next() }
}
