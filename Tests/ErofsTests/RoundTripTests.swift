import Erofs
import Linux
import Model
import Testbed
import Testing

struct RoundTripTests {
    @Test("a random tree is read back as it was written", arguments: 0..<40)
    func randomTree(seed: Int) throws {
        let tree = TestTree.random(seed * 5 + 1, seed: UInt64(seed))
        #expect(try TestTree.read(try tree.written()) == tree.inodes)
    }

    @Test("equal trees give equal bytes, and another tree id another image")
    func determinism() throws {
        let tree = TestTree.random(300, seed: 7)
        let image = try tree.written()
        #expect(try tree.written() == image)
        #expect(throws: ErofsError.self) {
            try MetadataImage.read(image, tree: .emptyTree, identify: TestTree.identify)
        }
    }

    @Test("names sort bytewise around dot and dotdot, and fill blocks of a large directory")
    func largeDirectory() throws {
        var tree = TestTree()
        for number in 0..<2000 { tree.add(ByteName("\(number)-file"), body: Array("body \(number)".utf8)) }
        for name in ["!", "-", "..a", "...", ".0", ".a", "\u{ff}"] {
            tree.add(ByteName(name), body: Array(name.utf8))
        }
        #expect(try TestTree.read(try tree.written()) == tree.inodes)
    }

    @Test("a file of any size can be pooled", arguments: [0, 1, 4096, 1 << 31, 1 << 43, (1 << 43) + 1, 1 << 50])
    func sizes(size: UInt64) throws {
        var tree = TestTree()
        tree.addPooled("file", redirect: "/ab/cdef", size: size)
        #expect(try TestTree.read(try tree.written()) == tree.inodes)
    }

    @Test("an inline regular file without bytes is read as empty, and its body is not asked for")
    func emptyInline() throws {
        var tree = TestTree()
        tree.add("file", Attributes(kind: .regular, permissions: 0o644), .inline(.emptyBlob))
        let image = try tree.written()
        tree.inodes[1].content = .none
        #expect(try TestTree.read(image) == tree.inodes)
    }

    @Test("attributes fill what the format has room for")
    func largeAttributes() throws {
        var tree = TestTree()
        let value = [UInt8](repeating: 0x78, count: 65535)
        let xattrs = (0..<3).map { ExtendedAttribute(name: ByteName("user.\($0)"), value: value) }
        tree.add("file", body: Array("tail".utf8), Attributes(kind: .regular, permissions: 0o600, xattrs: xattrs))
        let long = ByteName("user." + String(repeating: "n", count: 250))
        tree.addDirectory(
            "directory",
            Attributes(kind: .directory, permissions: 0, xattrs: [ExtendedAttribute(name: long, value: [])]))
        #expect(try TestTree.read(try tree.written()) == tree.inodes)
    }
}
