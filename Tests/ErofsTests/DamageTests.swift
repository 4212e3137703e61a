import Erofs
import Linux
import Model
import Testbed
import Testing

/// The strict reader against damaged and crafted images: it throws or returns, and never accepts other metadata.
struct DamageTests {
    @Test("a flipped bit outside of bodies and attributes is noticed, and one inside never traps", arguments: 0..<4)
    func flips(seed: Int) throws {
        let tree = TestTree.random(25, seed: UInt64(seed + 500))
        var image = try tree.written()
        var random = SplitMix(seed: UInt64(seed))
        for _ in 0..<400 {
            let bit = Int.random(in: 0..<(image.count * 8), using: &random)
            image[bit / 8] ^= 1 << (bit % 8)
            // Where the flip is part of what the tree holds, the result has to hold it.
            if let inodes = try? TestTree.read(image) { #expect(inodes != tree.inodes, "bit \(bit)") }
            image[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test("every flipped bit in the superblock and in the directory blocks' fixed parts is refused")
    func everyMetadataFlip() throws {
        var tree = TestTree()
        let directory = tree.addDirectory("directory")
        tree.addPooled("pooled", in: directory, redirect: "/ab/cdef", size: 5 << 30)
        tree.add("file", in: directory, body: [1, 2, 3])
        var image = try tree.written()
        // The block before the inodes, then the root inode with its directory in the tail, three entries.
        let refused = Array(0..<(4096 * 8)) + Array(((4096 + 64) * 8)..<((4096 + 64 + 36) * 8))
        for bit in refused where bit < 1024 * 8 ? bit % 97 == 0 : (bit / 8 < 1024 + 128 || bit / 8 >= 4096) {
            image[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: ErofsError.self, "bit \(bit)") { try TestTree.read(image) }
            image[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test("many bytes changed at once never trap", arguments: 0..<4)
    func storms(seed: Int) throws {
        let sound = try TestTree.random(25, seed: UInt64(seed + 600)).written()
        var random = SplitMix(seed: UInt64(seed))
        let special: [UInt8] = [0, 1, 0x7f, 0x80, 0xff]
        for _ in 0..<250 {
            var image = sound
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                // Small structures matter most: leave the superblock's checksum alone.
                let place = Int.random(in: 4096..<image.count, using: &random)
                image[place] = special.randomElement(using: &random)!
            }
            _ = try? TestTree.read(image)
        }
    }

    @Test("an image cut short or grown is refused", arguments: [0, 1, 1023, 1151, 4095, 4096, 4160, 8191, -4096, -1])
    func lengths(kept: Int) throws {
        let image = try TestTree.random(60, seed: 700).written()
        let changed = kept < 0 ? image + [UInt8](repeating: 0, count: -kept) : Array(image.prefix(kept))
        #expect(throws: ErofsError.self) { try TestTree.read(changed) }
    }

    @Test("an image cut at any block is refused")
    func cuts() throws {
        let image = try TestTree.random(60, seed: 701).written()
        for end in stride(from: 0, to: image.count, by: 4096) {
            #expect(throws: ErofsError.self) { try TestTree.read(Array(image.prefix(end))) }
        }
    }

    @Test("an image by mkfs.erofs is not one of ours")
    func foreign() throws {
        let directory = try TemporaryDirectory("erofs")
        try Files.makeDirectories(directory.file("root/etc"))
        let result = try run(["mkfs.erofs", directory.file("image"), directory.file("root")])
        try #require(result.status == 0, "\(result.errors)")
        let image = try Files.open(KernelPath(directory.file("image")), flags: 0).readAll()
        #expect(throws: ErofsError.self) { try TestTree.read(image) }
    }

    @Test("one body under many inodes is refused before it is copied many times")
    func overlapping() throws {
        var tree = TestTree()
        let body = [UInt8](repeating: 1, count: 4096 * 16)
        for number in 0..<100 { tree.add(ByteName("\(1000 + number)"), body: body + [UInt8(number)]) }
        var image = try tree.written()
        // Every regular inode's block address becomes the first one's.
        let inodes = stride(from: 4096, to: image.count - 64, by: 32).filter {
            image[$0] == 5 && image[$0 + 5] == 0x81 && image[$0 + 10] == 1
        }
        #expect(inodes.count == 100)
        for inode in inodes { image.replaceSubrange((inode + 16)..<(inode + 20), with: [2, 0, 0, 0]) }
        let error = try #require(throws: ErofsError.self) { try TestTree.read(image) }
        #expect(error.description.hasPrefix("read metadata image: "))
    }
}
