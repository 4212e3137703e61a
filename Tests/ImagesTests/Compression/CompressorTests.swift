import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import Images

@Suite("Compressing")
struct CompressorTests {
    /// Keeps what it is given.
    final class Collector: ByteSink {
        var bytes: [UInt8] = []
        var isFinished = false
        func write(_ part: UnsafeRawBufferPointer) throws(ImagesError) { bytes.append(contentsOf: part) }
        func finish() throws(ImagesError) { isFinished = true }
    }

    /// Takes so much and no more.
    final class FullDisk: ByteSink {
        var room = 1000
        func write(_ part: UnsafeRawBufferPointer) throws(ImagesError) {
            room -= part.count
            if room < 0 { throw ImagesError("write", "disk", "full") }
        }
        func finish() throws(ImagesError) {}
    }

    enum Kind: CaseIterable {
        case gzip, zstd

        var program: String { self == .gzip ? "gzip" : "zstd" }

        func sink(_ output: any ByteSink, level: Int32 = 3, threads: Int = 2) throws -> any ByteSink {
            switch self {
            case .gzip: GzipSink(output, level: level, threads: threads)
            case .zstd: try ZstdSink(output, level: level)
            }
        }

        func compress(
            _ bytes: [UInt8], level: Int32 = 3, threads: Int = 2, split: (inout SplitMix) -> Int = { _ in 1 << 16 }
        ) throws -> [UInt8] {
            var generator = SplitMix(seed: 5)
            let output = Collector()
            let sink = try sink(output, level: level, threads: threads)
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.prefix(max(1, split(&generator)))
                try part.withUnsafeBytes { try sink.write($0) }
                rest = rest.dropFirst(part.count)
            }
            try sink.finish()
            #expect(output.isFinished)
            return output.bytes
        }
    }

    /// Half of it compresses.
    private static func sample(_ count: Int) -> [UInt8] {
        var generator = SplitMix(seed: UInt64(count))
        return (0..<count).map {
            $0 / 1000 % 2 == 0 ? UInt8(truncatingIfNeeded: $0 / 7) : .random(in: 0...255, using: &generator)
        }
    }

    private static let sizes = [
        0, 1, 100, GzipSink.blockSize - 1, GzipSink.blockSize, GzipSink.blockSize + 1, 5 * GzipSink.blockSize,
        7 * GzipSink.blockSize + 12345,
    ]

    @Test("the programs of that name give back what went in", arguments: Kind.allCases, sizes)
    func oracle(kind: Kind, size: Int) throws {
        let bytes = Self.sample(size)
        let compressed = try kind.compress(bytes)
        let result = try run([kind.program, "-dc"], input: compressed)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == bytes)
        let python =
            "import sys,zlib; d=zlib.decompressobj(31); s=d.decompress(sys.stdin.buffer.read()); "
            + "assert d.eof and not d.unused_data; sys.stdout.buffer.write(s)"
        if kind == .gzip {
            // One member, and nothing behind it.
            #expect(try run(["python3", "-c", python], input: compressed).output == bytes)
            #expect(try kind.compress(bytes).count < bytes.count * 3 / 4 + 100)
        }
    }

    @Test("what comes out depends on nothing but input and level", arguments: Kind.allCases)
    func determinism(kind: Kind) throws {
        let bytes = Self.sample(5 * GzipSink.blockSize + 777)
        let wanted = try kind.compress(bytes, threads: 1)
        for threads in [2, 3, 8] { #expect(try kind.compress(bytes, threads: threads) == wanted) }
        #expect(try kind.compress(bytes) { Int.random(in: 1...300_000, using: &$0) } == wanted)
        #expect(try kind.compress(bytes) { _ in bytes.count } == wanted)
        #expect(try kind.compress(bytes, level: 9) != wanted)
    }

    @Test("an output that fails ends it, and no thread is left", arguments: Kind.allCases)
    func failure(kind: Kind) throws {
        func threads() throws -> Int { try Files.names(in: try Files.openDirectory("/proc/self/task")).count }
        // Other tests have threads of their own; ours would be eight each time.
        let before = try threads()
        for _ in 0..<20 {
            let sink = try kind.sink(FullDisk(), threads: 8)
            let bytes = Self.sample(6 * GzipSink.blockSize)
            #expect(throws: ImagesError.self) {
                try bytes.withUnsafeBytes { try sink.write($0) }
                try sink.finish()
            }
        }
        #expect(try threads() < before + 80)
    }
}
