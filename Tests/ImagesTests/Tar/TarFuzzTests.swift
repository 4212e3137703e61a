import Images
import Model
import Testbed
import Testing

@Suite("Damaged archives")
struct TarFuzzTests {
    /// One archive of each format, with something of everything.
    private static func seeds() throws -> [[UInt8]] {
        let directory = try TemporaryDirectory("fuzz")
        let script = """
            cd '\(directory.path)' && mkdir d && printf hello > d/f && ln d/f d/l && ln -s f d/s
            setfacl -m u:1234:rwx d/f && setfattr -n user.a -v b d/f
            truncate -s 20000 d/h && printf x | dd of=d/h bs=1 seek=9000 conv=notrunc status=none
            n=$(printf '%0150d' 1) && printf y > "d/$n" && printf z > d/z && touch -d 1960-01-01 d/z
            tar --format=v7 -cf v7.tar d/f d/l d/s
            tar --format=gnu -S -cf gnu.tar d && tar --format=ustar -cf ustar.tar d/f d/l d/s d/h
            for v in 0.0 0.1 1.0; do tar --format=pax -S --sparse-version=$v --xattrs --acls -cf pax$v.tar d; done
            gzip -k gnu.tar && xz -k pax1.0.tar && zstd -q pax0.1.tar && bzip2 -k ustar.tar && lz4 -q pax0.0.tar pax0.0.tar.lz4
            for f in *.tar *.tar.*; do wc -c < $f; done; cat *.tar *.tar.*
            """
        let result = try run(["sh", "-ec", script])
        try #require(result.status == 0, "\(result.errors)")
        var seeds: [[UInt8]] = []
        var rest = result.output[...]
        var sizes: [Int] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), sizes.count < 11 {
            sizes.append(try #require(Int(String(decoding: rest[..<end], as: UTF8.self))))
            rest = rest[(end + 1)...]
        }
        for size in sizes {
            seeds.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        try #require(rest.isEmpty)
        return seeds
    }

    @Test("flipped bytes, cuts and rewritten fields give entries or an error, and bodies of the size that was said")
    func flips() throws {
        var random = SplitMix(seed: 7)
        var (read, refused) = (0, 0)
        for seed in try Self.seeds() {
            #expect(try readArchive(bytes: seed).count >= 3)
            for _ in 0..<400 {
                let bytes = Self.mutated(seed, using: &random)
                do {
                    // A damaged map of holes may well ask for an exabyte of zeros.
                    for entry in try readArchive(bytes: bytes, limit: 100_000) where entry.entry.hardLinkTarget == nil {
                        let attributes = entry.entry.attributes
                        guard attributes.kind == .regular, entry.body.count < 100_000 else { continue }
                        #expect(UInt64(entry.body.count) == attributes.size)
                    }
                    read += 1
                } catch let error as ImagesError {
                    #expect(!error.description.contains("\n"))
                    refused += 1
                }
            }
        }
        #expect(read > 100 && refused > 100)
    }

    private static func mutated(_ seed: [UInt8], using random: inout SplitMix) -> [UInt8] {
        var bytes = Array(seed.prefix((seed.count + 511) & ~511))
        // The end of an archive is mostly zeros: aim at what comes before.
        let end = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            bytes[Int.random(in: 0..<end, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            return Array(bytes.prefix(Int.random(in: 0..<end, using: &random)))
        }
        // With checksums made right again, damage gets past them.
        guard Bool.random(using: &random) else { return bytes }
        for start in stride(from: 0, to: bytes.count - 511, by: 512) where bytes[start + 257] == UInt8(ascii: "u") {
            bytes.replaceSubrange(
                start..<(start + 512), with: HeaderBuilder.signed(Array(bytes[start..<(start + 512)])))
        }
        return bytes
    }
}
