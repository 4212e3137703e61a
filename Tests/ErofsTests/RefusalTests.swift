import Erofs
import Linux
import Model
import Testbed
import Testing

/// What the writer refuses, each with a line that names the file and the reason.
struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let message: String
        let build: @Sendable (inout TestTree) -> Void
        var testDescription: String { message }

        init(_ message: String, _ build: @escaping @Sendable (inout TestTree) -> Void) {
            (self.message, self.build) = (message, build)
        }

        /// One file called `f` with such attributes.
        static func file(
            _ message: String, _ kind: FileKind = .regular, content: ImageInode.Content = .none,
            _ change: @escaping @Sendable (inout Attributes) -> Void = { _ in }
        ) -> Case {
            Case("/f: " + message) { tree in
                var attributes = Attributes(kind: kind, permissions: 0o644)
                change(&attributes)
                tree.add("f", attributes, content)
            }
        }

        static func named(_ name: ByteName, _ message: String) -> Case {
            Case(message) { $0.inodes[0].content = .directory([ImageEntry(name: name, inode: 0)]) }
        }
    }

    static let whiteout = DeviceNumber(major: 0, minor: 0)
    static let pool = ImageInode.Content.pooled(redirect: Array("/a/b".utf8))
    static let wide = [UInt8](repeating: 0, count: 65536)

    static let cases: [Case] = [
        .file("a character device 0:0 is overlayfs's mark of a removed file", .characterDevice) {
            $0.device = whiteout
        },
        .file("a device without numbers", .blockDevice),
        .file("device 4096:0 does not fit 12 and 20 bits", .blockDevice) {
            $0.device = DeviceNumber(major: 4096, minor: 0)
        },
        .file("only a device has device numbers", .fifo) { $0.device = whiteout },
        .file("more than 12 permission bits") { $0.permissions = 0o10000 },
        .file("larger than 2^63 - 1 bytes", content: pool) { $0.size = 1 << 63 },
        .file("the size is not 0") { $0.size = 1 },
        .file("content and file type do not agree", .symlink),
        .file("content and file type do not agree", .fifo, content: .directory([])),
        .file("content and file type do not agree", .symlink, content: pool),
        .file("a symlink's target has 1 to 4095 bytes", .symlink, content: .inline(.emptyBlob)),
        .file("a symlink's target has 1 to 4095 bytes", .symlink, content: .inline(.emptyBlob)) { $0.size = 4096 },
        .file("a body inside the image has no holes", content: .inline(.emptyBlob)) { $0.holes = [0..<4096] },
        .file("the body has 0 bytes, not 7", content: .inline(.emptyBlob)) { $0.size = 7 },
        .file("no attribute can be called 'user.': it has to be user.…, trusted.…, security.… or an ACL") {
            $0.xattrs = [xattr("user.")]
        },
        .file("no attribute can be called 'system.nfs4_acl': it has to be user.…, trusted.…, security.… or an ACL") {
            $0.xattrs = [xattr("system.nfs4_acl")]
        },
        .file("attribute user.a is out of order or there twice") { $0.xattrs = [xattr("user.a"), xattr("user.a")] },
        .file("attribute 'user.a' has a value of more than 65535 bytes") {
            $0.xattrs = [ExtendedAttribute(name: "user.a", value: wide)]
        },
        .file("its extended attributes take 262172 bytes, more than 262064") {
            let value = Array(wide.dropLast())
            $0.xattrs = (0..<4).map { ExtendedAttribute(name: ByteName("user.\($0)"), value: value) }
        },
        .file("the name of attribute 'trusted.overlay.\(String(repeating: "n", count: 233))' is longer than 247 bytes")
        {
            $0.xattrs = [xattr(ByteName("trusted.overlay." + String(repeating: "n", count: 233)))]
        },
        .file("the pool path is not an absolute path without empty parts", content: .pooled(redirect: [])),
        .file("the pool path is not an absolute path without empty parts", content: .pooled(redirect: [0x61])),
        .file("the pool path is not an absolute path without empty parts", content: .pooled(redirect: [0x2f])),
        .file("the image needs more than 2^32 - 2 blocks", content: .inline(.emptyBlob)) { $0.size = 1 << 62 }.whole,
        .named("", "/: not a name for a directory entry"),
        .named("..", "/..: not a name for a directory entry"),
        .named("a/b", "/a/b: not a name for a directory entry"),
        .named("loop", "/loop: the directory has two names"),
        Case("the first inode is no directory") { $0.inodes = [] },
        Case("inode 1 has no name") { $0.inodes.append($0.inodes[0]) },
        Case("/a: there is no inode 9") { $0.inodes[0].content = .directory([ImageEntry(name: "a", inode: 9)]) },
        Case("/a: the name is out of order or there twice") { tree in
            let file = tree.add("a", body: [])
            tree.inodes[0].content = .directory([
                ImageEntry(name: "b", inode: file), ImageEntry(name: "a", inode: file),
            ])
        },
        Case("/d/e: the directory has two names") { tree in
            let directory = tree.addDirectory("d")
            tree.link("e", in: directory, to: directory)
        },
        Case("/d/l: a symlink's target holds a NUL") { tree in
            let directory = tree.addDirectory("d")
            tree.add("l", in: directory, body: [0x61, 0], Attributes(kind: .symlink, permissions: 0o777))
        },
    ]

    @Test("a tree that an image can't hold is refused with the path and the reason", arguments: cases)
    func refused(_ refusal: Case) throws {
        var tree = TestTree()
        refusal.build(&tree)
        let error = try #require(throws: ErofsError.self) { try tree.written() }
        #expect(error.description == "write metadata image: " + refusal.message)
    }

    @Test("a body that can't be had stops the writing, and the message says which")
    func missingBody() throws {
        let directory = try TemporaryDirectory("erofs")
        var tree = TestTree()
        tree.add("f", body: [1])
        let file = try Files.open(KernelPath(directory.file("image")), flags: 0o102, mode: 0o600)
        let cause = SystemError("read", "pack", .noEntry)
        let error = try #require(throws: ErofsError.self) {
            try MetadataImage.write(tree.inodes, tree: .emptyTree, body: { _ in throw cause }, to: file)
        }
        let id = TestTree.identify([1])
        #expect(
            error.description
                == "write metadata image: /f: body \(id): read: pack: No such file or directory")
    }

    @Test("a file that can't be written is reported")
    func fullDevice() throws {
        var tree = TestTree()
        tree.add("f", body: [1])
        let error = try #require(throws: ErofsError.self) { try tree.write(to: "/dev/full") }
        #expect(error.description.hasSuffix("No space left on device"))
    }
}

extension RefusalTests.Case {
    /// The same for the image as a whole: the message has no path.
    var whole: Self { Self(String(message.dropFirst("/f: ".count)), build) }
}
