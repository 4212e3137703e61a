import Erofs
import Glibc
import Linux
import Model
import Testbed
import Testing

/// What erofs-utils say of our images.
struct OracleTests {
    @Test("fsck.erofs accepts random trees", arguments: 100..<110)
    func accepted(seed: Int) throws {
        let directory = try TemporaryDirectory("erofs")
        let tree = TestTree.random(seed * 3, seed: UInt64(seed))
        try tree.write(to: directory.file("image"))
        let result = try run(["fsck.erofs", directory.file("image")])
        #expect(result.status == 0, "\(result.text) \(result.errors)")
    }

    @Test("fsck.erofs extracts the inline bodies that were put in", .enabled(if: isRoot))
    func extracted() throws {
        let directory = try TemporaryDirectory("erofs")
        var tree = TestTree()
        let nested = tree.addDirectory("nested")
        for size in [1, 100, 3900, 4031, 4032, 4033, 4095, 4096, 4097, 8192, 12_345, 300_000] {
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
            tree.add(ByteName("file\(size)"), in: nested, body: body)
        }
        tree.add("empty", body: [])
        for size in [1, 60, 4000, 4095] {
            let target = [UInt8](repeating: 0x61, count: size)
            tree.add(ByteName("link\(size)"), body: target, Attributes(kind: .symlink, permissions: 0o777))
        }
        try tree.write(to: directory.file("image"))
        let result = try run(["fsck.erofs", "--extract=\(directory.file("out"))", directory.file("image")])
        try #require(result.status == 0, "\(result.text) \(result.errors)")
        try expectSameBodies(tree, directory: 0, at: directory.file("out"))
    }

    private func expectSameBodies(_ tree: TestTree, directory: Int, at path: String) throws {
        guard case .directory(let entries) = tree.inodes[directory].content else { return }
        for entry in entries {
            let path = "\(path)/\(entry.name)"
            switch (tree.inodes[entry.inode].content, tree.inodes[entry.inode].attributes.kind) {
            case (.inline(let id), .symlink):
                #expect(try Files.readLink(KernelPath(path)) == tree.bodies[id])
            case (.inline(let id), _):
                #expect(try Files.open(KernelPath(path), flags: O_RDONLY).readAll() == tree.bodies[id])
            case (.directory, _):
                try expectSameBodies(tree, directory: entry.inode, at: path)
            default:
                #expect(try Files.status(KernelPath(path)).size == 0)
            }
        }
    }
}
