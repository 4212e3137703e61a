import Erofs
import Glibc
import Linux
import Model
import Testbed
import Testing

/// What the kernel says of our images.
@Suite(.enabled(if: isRoot))
struct MountTests {
    @Test("the kernel shows every kind of inode as it was written", arguments: 200..<204)
    func mounted(seed: Int) throws {
        let directory = try TemporaryDirectory("erofs")
        let tree = TestTree.random(400, seed: UInt64(seed))
        try tree.write(to: directory.file("image"))
        let mount = try Mount.image(directory.file("image"), at: directory.file("mount"))
        defer { mount.remove() }
        let root = try Files.openDirectory(KernelPath(mount.path))
        try MountedTree(tree: tree, isOverlaid: false).expect(0, at: ".", in: root)
    }

    @Test("overlayfs shows the same tree, with escaped attributes as they were")
    func overlaid() throws {
        let directory = try TemporaryDirectory("erofs")
        let tree = TestTree.random(400, seed: 300)
        try tree.write(to: directory.file("image"))
        try Files.makeDirectory(KernelPath(directory.file("pool")))
        let image = try Mount.image(directory.file("image"), at: directory.file("mount"))
        defer { image.remove() }
        let merged = try Mount.overlay(image: image.path, pool: directory.file("pool"), at: directory.file("merged"))
        defer { merged.remove() }
        let root = try Files.openDirectory(KernelPath(merged.path))
        try MountedTree(tree: tree, isOverlaid: true).expect(0, at: ".", in: root)
    }

    @Test("overlayfs reads pooled bodies, sparse ones and ones over 2 GiB too")
    func pooled() throws {
        let directory = try TemporaryDirectory("erofs")
        try Files.makeDirectories(directory.file("pool/ab"))
        let body = Array("a body in the pool\n".utf8)
        let large: UInt64 = 5 << 30
        try Files.open(KernelPath(directory.file("pool/ab/small")), flags: O_CREAT | O_WRONLY, mode: 0o444).write(body)
        let sparse = try Files.open(KernelPath(directory.file("pool/ab/large")), flags: O_CREAT | O_WRONLY, mode: 0o444)
        try body.withUnsafeBytes { try sparse.write($0, at: large - UInt64(body.count)) }

        var tree = TestTree()
        let small = tree.addPooled(
            "small", redirect: "/ab/small", size: UInt64(body.count), xattrs: [xattr("user.note", "kept")])
        tree.link("hard", to: small)
        tree.addPooled("large", redirect: "/ab/large", size: large)
        try tree.write(to: directory.file("image"))
        #expect(try run(["fsck.erofs", directory.file("image")]).status == 0)
        let image = try Mount.image(directory.file("image"), at: directory.file("mount"))
        defer { image.remove() }
        let merged = try Mount.overlay(image: image.path, pool: directory.file("pool"), at: directory.file("merged"))
        defer { merged.remove() }

        for name in ["small", "hard"] {
            #expect(try Files.open(KernelPath("\(merged.path)/\(name)"), flags: O_RDONLY).readAll() == body)
        }
        let file = try Files.open(KernelPath("\(merged.path)/large"), flags: O_RDONLY)
        #expect(try file.status().size == large)
        // overlayfs looks for the pool file at the first open; until then it shows the image's figure.
        #expect(try file.status().blocks == sparse.status().blocks)
        #expect(try file.holes(size: large).first?.lowerBound == 0)
        var end = [UInt8](repeating: 0xff, count: body.count + 1)
        _ = try end.withUnsafeMutableBytes { try file.read(into: $0, at: large - UInt64(body.count) - 1) }
        #expect(end == [0] + body)
    }

    @Test("what a file system below its mount says is what the tree says: capabilities and ACLs")
    func meaningful() throws {
        let directory = try TemporaryDirectory("erofs")
        var tree = TestTree()
        // VFS_CAP_REVISION_2, CAP_NET_RAW permitted and effective (linux/capability.h).
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        // Version 2; user::rw-, user:1000:r--, group::r--, mask::r--, other::--- (linux/posix_acl_xattr.h).
        let list: [[UInt8]] = [
            [2, 0, 0, 0], [1, 0, 6, 0, 255, 255, 255, 255], [2, 0, 4, 0, 0xe8, 3, 0, 0],
            [4, 0, 4, 0, 255, 255, 255, 255], [16, 0, 4, 0, 255, 255, 255, 255], [32, 0, 0, 0, 255, 255, 255, 255],
        ]
        let access = ExtendedAttribute(name: "system.posix_acl_access", value: list.flatMap { $0 })
        var attributes = Attributes(kind: .regular, permissions: 0o640)
        attributes.xattrs = [ExtendedAttribute(name: "security.capability", value: capability), access]
        tree.add("file", body: [1, 2, 3], attributes)
        var parent = Attributes(kind: .directory, permissions: 0o750)
        parent.xattrs = [access, ExtendedAttribute(name: "system.posix_acl_default", value: access.value)]
        tree.addDirectory("directory", parent)
        try tree.write(to: directory.file("image"))
        #expect(try TestTree.read(try tree.written()) == tree.inodes)
        let image = try Mount.image(directory.file("image"), at: directory.file("mount"))
        defer { image.remove() }
        let root = try Files.openDirectory(KernelPath(image.path))
        try MountedTree(tree: tree, isOverlaid: false).expect(0, at: ".", in: root)
        #expect(try run(["getfacl", "-nc", image.path + "/file"]).text.contains("user:1000:r--"))
    }
}
