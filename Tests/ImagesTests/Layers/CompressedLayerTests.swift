import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import Images

@Suite("Compressed layers")
struct CompressedLayerTests {
    /// Content that compresses, in more than one block of output.
    private static let tar: [UInt8] = {
        var random = SplitMix(seed: 6)
        let body = (0..<200_000).map { _ in UInt8.random(in: 0..<16, using: &random) }
        return HeaderBuilder("a", size: body.count).bytes + padded(body) + endMark
    }()

    @Test("cut anywhere or with a bit flipped are refused, in one line", arguments: ["gzip", "zstd -q"])
    func damaged(filter: String) throws {
        let packed = try filtered(filter, Self.tar)
        #expect(try ReadLayer(bytes: packed).rebuilt() == Self.tar)
        var random = SplitMix(seed: 9)
        func refuse(_ bytes: [UInt8], _ what: String) {
            let error = #expect(throws: ImagesError.self, "\(what)") { try ReadLayer(bytes: bytes) }
            #expect(error?.description.contains("\n") == false)
        }
        let ends = [1, 2, 9, 17, packed.count / 2, packed.count - 9, packed.count - 4, packed.count - 1]
        for end in ends { refuse(Array(packed.prefix(end)), "cut at \(end)") }
        var passed = 0
        for _ in 0..<60 {
            var damaged = packed
            let bit = Int.random(in: 0..<(packed.count * 8), using: &random)
            damaged[bit / 8] ^= 1 << (bit % 8)
            // What gzip's header says of time, system and level is under no checksum.
            if filter == "gzip", (1..<10).contains(bit / 8 - 2) { passed += 1 } else { refuse(damaged, "bit \(bit)") }
        }
        #expect(passed < 10)
    }

    @Test("gzip may come in several members, zstd in several frames with others to skip between them")
    func members() throws {
        func pieces(_ filter: String) throws -> [[UInt8]] {
            try stride(from: 0, to: Self.tar.count, by: 50_000).map {
                try filtered(filter, Array(Self.tar[$0..<min($0 + 50_000, Self.tar.count)]))
            }
        }
        /// What zstd:chunked keeps its table of contents in (RFC 8878, "Skippable Frames").
        func skippable(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = UInt32(content.count)
            return [0x50 | number, 0x2a, 0x4d, 0x18] + withUnsafeBytes(of: count.littleEndian) { Array($0) } + content
        }
        let table = skippable(0, Array("table of contents".utf8)) + skippable(14, [UInt8](repeating: 9, count: 40))
        let layers: [[UInt8]] = [
            Array(try pieces("gzip").joined()), Array(try pieces("gzip -1").joined()) + [0, 0, 0],
            Array(try pieces("zstd -q").joined()), Array(try pieces("zstd -q").joined()) + table,
            Array(try pieces("zstd -q").joined(separator: skippable(3, []))),
            skippable(0, [1, 2, 3]) + Array(try pieces("zstd -q --no-check").joined()) + table,
        ]
        for (index, bytes) in layers.enumerated() {
            let layer = try ReadLayer(bytes: bytes)
            #expect(layer.diffID == sha256(Self.tar), "layer \(index)")
            #expect(try layer.rebuilt() == Self.tar, "layer \(index)")
        }
        for bytes in [layers[3] + [1, 2], layers[3].dropLast(1) + [], layers[0] + Array("text".utf8)] {
            #expect(throws: ImagesError.self) { try ReadLayer(bytes: bytes) }
        }
    }

    @Test("an interrupt ends a read that waits for a pipe, and no thread stays")
    func interrupted() async {
        await #expect(processExitsWith: .success) {
            // The test runner's threads block all signals, which threads made here would inherit.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGINT)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            var ends: [Int32] = [0, 0]
            try system("pipe", "") { pipe(&ends) }
            let output = Descriptor(owning: ends[1])
            // More than tells the compression, and less than a file.
            try output.write(HeaderBuilder("big", size: 1 << 20).bytes + [UInt8](repeating: 1, count: 4096))
            let reader = try LayerReader(
                DescriptorSource(Descriptor(owning: ends[0]), name: "pipe"), named: "layer"
            ) { _ in }
            try Interrupts.catchSignal(SIGINT)
            kill(getpid(), SIGINT)
            // The body never comes, and the writing end stays open.
            let error = #expect(throws: ImagesError.self) { try Self.readAll(reader) }
            #expect(error?.reason == Errno.interrupted.description)
            withExtendedLifetime(output) {}
        }
    }

    private static func readAll(_ reader: LayerReader) throws {
        while try reader.next() != nil { reader.stored(as: .emptyBlob) }
    }
}
