import Model
import Testbed
import Testing

@testable import Images

/// A start, and after it the same piece again and again: more than any memory holds.
private final class EndlessSource: ByteSource {
    private let start: UnsafeMutableRawBufferPointer
    private let piece: UnsafeMutableRawBufferPointer
    private var isStart = true
    /// Bytes that were given out. Read it after the reader is gone.
    private(set) var given = 0

    init(_ start: [UInt8], repeating piece: [UInt8]) {
        func copy(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            buffer.copyBytes(from: bytes)
            return buffer
        }
        self.start = copy(start)
        self.piece = copy(piece)
    }

    deinit {
        start.deallocate()
        piece.deallocate()
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let bytes = isStart && !start.isEmpty ? start : piece
        isStart = false
        given += bytes.count
        return UnsafeRawBufferPointer(bytes)
    }
}

@Suite("Limits of layers")
struct LimitTests {
    @Test("are 4 GiB, or 200 times what was read, and a million entries")
    func defaults() {
        let limits = LayerLimits()
        #expect(limits.entries == 1_000_000 && limits.bytes == nil)
        #expect(limits.allowed(for: 0) == 4 << 30)
        #expect(limits.allowed(for: 20 << 20) == 4 << 30)
        #expect(limits.allowed(for: 1 << 30) == 200 << 30)
        #expect(limits.allowed(for: .max) == .max)
        #expect(limits.holes == 64 << 30)
        let own = LayerLimits(bytes: 10)
        #expect(own.allowed(for: .max) == 10 && own.holes == 10)
    }

    @Test("10 GiB of zeros from a small file end at the limit", arguments: ["gzip", "zstd -q"])
    func zeros(filter: String) throws {
        let piece = try filtered(filter, [UInt8](repeating: 0, count: 16 << 20))
        var header = HeaderBuilder("zeros")
        header.size = "0120000000000"
        // One member after the other, as gzip and zstd files may have.
        let source = EndlessSource(try filtered(filter, header.bytes), repeating: piece)
        var error: ImagesError?
        do { _ = try ReadLayer(source, limits: LayerLimits(bytes: 200 << 20), limit: 0) } catch let found as ImagesError
        {
            error = found
        }
        let reason = try #require(error?.reason)
        #expect(reason.contains(" bytes of it unpack to more than 209715200; --max-layer-size SIZE allows more"))
        #expect(source.given < 15 * piece.count)
    }

    @Test("a layer of just the limit is read, and of a byte more is not")
    func exact() throws {
        let bytes = HeaderBuilder("a", size: 600).bytes + padded([UInt8](repeating: 7, count: 600)) + endMark
        let packed = try filtered("gzip", bytes)
        let size = UInt64(bytes.count)
        #expect(try ReadLayer(bytes: packed, limits: LayerLimits(bytes: size)).size == size)
        let error = #expect(throws: ImagesError.self) {
            try ReadLayer(bytes: packed, limits: LayerLimits(bytes: size - 1))
        }
        #expect(error?.reason.hasSuffix("unpack to more than \(size - 1); --max-layer-size SIZE allows more") == true)
    }

    @Test("10 million entries end at the limit, whiteouts counted")
    func entries() throws {
        for name in ["f", "d/.wh.f", ".wh..wh.plnk/1"] {
            let piece = Array(repeatElement(HeaderBuilder(name).bytes, count: 100).joined())
            let source = EndlessSource([], repeating: piece)
            let error = #expect(throws: ImagesError.self) {
                try ReadLayer(source, limits: LayerLimits(entries: 1500))
            }
            #expect(error?.reason == "it has more than 1500 entries; --max-layer-entries N allows more")
            // What was read ahead is little.
            #expect(source.given < 1500 * 512 + 4 << 20)
        }
        let few = Array(repeatElement(HeaderBuilder("f").bytes, count: 50).joined()) + endMark
        #expect(try ReadLayer(bytes: few, limits: LayerLimits(entries: 50)).changes.count == 50)
    }

    @Test("extended attributes of a quarter of a gigabyte are too many")
    func attributes() throws {
        let value = [UInt8](repeating: 0x78, count: 65_000)
        let entry = pax((1...4).map { ("SCHILY.xattr.user.\($0)", value) }) + HeaderBuilder("f").bytes
        let error = #expect(throws: ImagesError.self) { try ReadLayer(EndlessSource([], repeating: entry)) }
        #expect(error?.reason == "its extended attributes take more than 268435456 bytes together")
    }

    @Test("holes count, though no byte of the tar file stands for them")
    func holes() throws {
        func sparse(_ name: String, _ size: Int) -> [UInt8] {
            pax([
                ("GNU.sparse.size", Array("\(size)".utf8)), ("GNU.sparse.numblocks", [0x31]),
                ("GNU.sparse.map", Array("\(size),0".utf8)),
            ]) + HeaderBuilder(name).bytes
        }
        let exabyte = sparse("a", .max) + endMark
        let told = "with it there are more than 68719476736 bytes of holes; --max-layer-size SIZE allows more"
        #expect(throws: ImagesError("read archive", "layer: entry 'a'", told)) {
            try ReadLayer(bytes: exabyte, limits: LayerLimits())
        }
        let two = sparse("a", 60_000) + sparse("b", 40_000) + endMark
        #expect(try ReadLayer(bytes: two, limits: LayerLimits(bytes: 100_000)).entries.count == 2)
        #expect(throws: ImagesError.self) { try ReadLayer(bytes: two, limits: LayerLimits(bytes: 99_999)) }
        let overflow = sparse("a", .max) + sparse("b", .max) + sparse("c", .max) + endMark
        #expect(throws: ImagesError.self) {
            _ = try ReadLayer(PiecesSource(overflow), limits: LayerLimits(bytes: .max), limit: 0)
        }
    }
}
