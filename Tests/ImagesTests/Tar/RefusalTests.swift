import Images
import Model
import Testbed
import Testing

@Suite("Archives that are refused")
struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        /// The whole message.
        let message: String

        init(_ description: String, _ bytes: [UInt8], _ message: String) {
            testDescription = description
            self.bytes = bytes
            self.message = "read archive: test.tar: " + message
        }
    }

    private static func file(_ name: String) -> [UInt8] { HeaderBuilder(name).bytes + endMark }

    private static func changed(_ name: String, _ change: (inout HeaderBuilder) -> Void) -> [UInt8] {
        var header = HeaderBuilder(name)
        change(&header)
        return header.bytes + endMark
    }

    static let names: [Case] = [
        Case("parent", file("../x"), "entry '../x': its name has a '..'"),
        Case("parent inside", file("a/../../b"), "entry 'a/../../b': its name has a '..'"),
        Case("parent at the end", file("a/.."), "entry 'a/..': its name has a '..'"),
        Case("absolute", file("/abs"), "entry '/abs': its name is absolute"),
        Case("empty", file(""), "entry '': its name is empty"),
        Case("NUL in pax", pax("path", "a\u{0}b") + file("x"), #"entry 'a\x00b': its name has a NUL"#),
        Case(
            "NUL in a long name", special("L", Array("a\u{0}b\u{0}".utf8)) + file("x"),
            #"entry 'a\x00b': its name has a NUL"#),
        Case(
            "long component", special("L", [UInt8](repeating: 0x61, count: 256)) + file("x"),
            "entry '\(String(repeating: "a", count: 256))': its name has a component longer than 255 bytes"),
        Case(
            "long path", special("L", Array(String(repeating: "a/", count: 2048).utf8)) + file("x"),
            "entry '\(String(repeating: "a/", count: 2048))': its name is longer than 4095 bytes"),
        Case(
            "a file named as a directory", HeaderBuilder("a/", size: 1).bytes + padded([1]) + endMark,
            "entry 'a/': its name is a directory's, and it is none"),
        Case("a file named as the root", file("."), "entry '.': its name is a directory's, and it is none"),
        Case("terminal escapes", file("../\u{1b}[2J\n"), #"entry '../\x1b[2J\x0a': its name has a '..'"#),
    ]

    private static func symlink(_ target: String) -> [UInt8] {
        HeaderBuilder("s", type: "2", link: target).bytes + endMark
    }

    private static func device(_ type: Unicode.Scalar, _ major: String, _ minor: String) -> [UInt8] {
        changed("d") {
            $0.type = UInt8(ascii: type)
            $0.deviceMajor = major
            $0.deviceMinor = minor
        }
    }

    static let kinds: [Case] = [
        Case("symlink to nothing", symlink(""), "entry 's': its symlink target is empty"),
        Case("symlink with NUL", pax("linkpath", "a\u{0}") + symlink("x"), "entry 's': its symlink target has a NUL"),
        Case(
            "long symlink", pax("linkpath", String(repeating: "x", count: 4096)) + symlink("x"),
            "entry 's': its symlink target is longer than 4095 bytes"),
        Case(
            "hard link to itself", HeaderBuilder("./a", type: "1", link: "a").bytes + endMark,
            "entry './a': it is a hard link to itself"),
        Case(
            "hard link to a directory", HeaderBuilder("a", type: "1", link: "b/").bytes + endMark,
            "entry 'a': it is a hard link to a directory"),
        Case(
            "hard link to the root", HeaderBuilder("a", type: "1", link: ".").bytes + endMark,
            "entry 'a': it is a hard link to a directory"),
        Case(
            "hard link out", HeaderBuilder("a", type: "1", link: "../b").bytes + endMark,
            "entry 'a': its link target has a '..'"),
        Case(
            "hard link to an absolute path", HeaderBuilder("a", type: "1", link: "/b").bytes + endMark,
            "entry 'a': its link target is absolute"),
        Case(
            "whiteout", device("3", "0000000", "0000000"),
            "entry 'd': it is a character device 0:0, which overlayfs would take for a removed file"),
        Case(
            "device major", device("4", "0010000", "0000000"),
            "entry 'd': its device number is none that the kernel knows"),
        Case(
            "device minor", device("3", "0000001", "4000000"),
            "entry 'd': its device number is none that the kernel knows"),
        Case(
            "multi-volume", HeaderBuilder("m", type: "M").bytes + endMark,
            "entry 'm': its type 'M' is not one of files, directories, links and devices"),
        Case(
            "unknown letter", HeaderBuilder("m", type: "Z").bytes + endMark,
            "entry 'm': its type 'Z' is not one of files, directories, links and devices"),
        Case("mode", changed("a") { $0.mode = "rwxr-xr" }, "entry 'a': its mode is no number"),
        Case("uid", changed("a") { $0.uid = "9999999" }, "entry 'a': its uid is no number from 0 to 2^32-2"),
        Case("uid -1", pax("uid", "4294967295") + file("a"), "entry 'a': its uid is no number from 0 to 2^32-2"),
        Case("negative gid", pax("gid", "-1") + file("a"), "entry 'a': its gid is no number from 0 to 2^63-1"),
        Case(
            "size of 2^63", pax("size", "9223372036854775808") + file("a"),
            "entry 'a': its size is no number from 0 to 2^63-1"),
        Case(
            "negative size",
            HeaderBuilder.signed(
                changed("a") { $0.size = "\u{7f}" }.prefix(512).enumerated().map {
                    (124..<136).contains($0.offset) ? 0xff : $0.element
                }), "entry 'a': its size is no number from 0 to 2^63-1"),
        Case("time", pax("mtime", "1.2.3") + file("a"), "entry 'a': its mtime is no time"),
        Case(
            "list without a mask", pax("SCHILY.acl.access", "user::rw-,user:1:r--,group::r--,other::---") + file("a"),
            "entry 'a': its access control list is incomplete"),
        Case(
            "list of nonsense", pax("SCHILY.acl.default", "owner@:rwx:allow") + file("a"),
            "entry 'a': its access control list is malformed"),
        Case(
            "attribute without a name", pax("SCHILY.xattr.", "x") + file("a"),
            "entry 'a': no attribute can be called '': it has to be user.…, trusted.…, security.… or an ACL"),
        Case(
            "attribute of another system", pax("LIBARCHIVE.xattr.com.apple.provenance", "AQID") + file("a"),
            "entry 'a': no attribute can be called 'com.apple.provenance': "
                + "it has to be user.…, trusted.…, security.… or an ACL"),
        Case(
            "attribute of 64 KiB", pax("SCHILY.xattr.user.a", String(repeating: "x", count: 65_536)) + file("a"),
            "entry 'a': attribute 'user.a' has a value of more than 65535 bytes"),
        Case(
            "too many attributes",
            pax((1...4).map { ("SCHILY.xattr.user.\($0)", [UInt8](repeating: 0x78, count: 65_535)) }) + file("a"),
            "entry 'a': its extended attributes take 262172 bytes, more than 262064"),
        Case(
            "attribute on a symlink", pax("SCHILY.xattr.user.a", "x") + symlink("x"),
            "entry 's': no file of its kind can have the attribute 'user.a'"),
    ]

    static let forms: [Case] = [
        Case("empty", [], "it is empty"),
        Case("text", Array("just text".utf8), "this is no tar archive, compressed or not"),
        Case(
            "long text", Array(String(repeating: "just text\n", count: 200).utf8),
            "this is no tar archive, compressed or not"),
        Case("cut in a header", Array(file("a").prefix(511)), "this is no tar archive, compressed or not"),
        Case(
            "cut in a second header", HeaderBuilder("a").bytes + Array(file("a").prefix(100)),
            "it is cut off at byte 612"),
        Case("cut in a body", HeaderBuilder("a", size: 600).bytes + [1, 2, 3], "it is cut off at byte 515"),
        Case(
            "cut at a body's last block", HeaderBuilder("a", size: 600).bytes + padded([1]),
            "it is cut off at byte 1024"),
        Case("cut in the padding", HeaderBuilder("a", size: 3).bytes + [1, 2, 3], "it is cut off at byte 515"),
        Case("cut after a pax header", pax("path", "x"), "it is cut off at byte 1024"),
        Case("cut in a pax header", Array(pax("path", "x").prefix(520)), "it is cut off at byte 520"),
        Case("ends after a long name", special("L", [0x61]) + endMark, "it is cut off at byte 2048"),
        Case(
            "damaged header", HeaderBuilder("a").bytes + [UInt8](repeating: 7, count: 512),
            "the header at byte 512 is damaged"),
        Case(
            "another archive after the end", file("a") + file("b"),
            "there is something else after the end mark at byte 512"),
        Case(
            "a header after one zero block", [UInt8](repeating: 0, count: 512) + file("b"),
            "there is something else after the end mark at byte 0"),
        Case(
            "huge special header", HeaderBuilder("x", type: "x", size: 1 << 30).bytes,
            "a special header at byte 512 is larger than 16777216 bytes"),
        Case("pax without newline", special("x", Array("9 path=xx".utf8)) + file("a"), "a pax header is malformed"),
        Case("pax of wrong length", special("x", Array("99 path=x\n".utf8)) + file("a"), "a pax header is malformed"),
        Case("pax without key", special("x", Array("5 =x\n".utf8)) + file("a"), "a pax header is malformed"),
        Case("pax without a number", special("x", Array("path=x\n".utf8)) + file("a"), "a pax header is malformed"),
        Case("global path", pax([("path", [0x61])], type: "g") + file("a"), "a header for all entries sets 'path'"),
        Case(
            "global volume", pax([("GNU.volume.size", [0x31])], type: "g") + file("a"),
            "its 'GNU.volume.size' is not understood"),
        Case(
            "too large a hole",
            pax([
                ("GNU.sparse.numblocks", [0x30]), ("GNU.sparse.size", Array("\(UInt64(1) << 62)".utf8)),
            ]) + file("a"),
            "entry 'a': with it there are more than 68719476736 bytes of holes; unpack it, and import the directory"),
        Case(
            "map beyond the size", pax("GNU.sparse.map", "0,10") + pax("GNU.sparse.size", "5") + file("a"),
            "entry 'a': its map of holes is malformed"),
        Case(
            "map that overlaps",
            pax([("GNU.sparse.map", Array("0,2,1,2".utf8)), ("GNU.sparse.size", [0x39])]) + file("a"),
            "entry 'a': its map of holes is malformed"),
        Case(
            "map without its data",
            pax([("GNU.sparse.map", Array("0,2".utf8)), ("GNU.sparse.size", [0x39])]) + file("a"),
            "entry 'a': its map of holes is malformed"),
        Case(
            "map in no body", pax([("GNU.sparse.major", [0x31]), ("GNU.sparse.minor", [0x30])]) + file("a"),
            "entry 'a': its map of holes is malformed"),
    ]

    private static func noted(_ count: Int, _ size: Int, type: Unicode.Scalar = "x") -> [UInt8] {
        let value = [UInt8](repeating: 0x78, count: size)
        return (0..<count).flatMap { pax([("note.\($0)", value)], type: type) } + file("a")
    }

    /// What would fill the memory though each header alone is small enough.
    static let sums: [Case] = [
        Case("many pax headers", noted(20, 1 << 20), "its pax headers take more than 16777216 bytes"),
        Case(
            "one pax header again and again",
            Array(repeatElement(pax([("comment", [UInt8](repeating: 0x78, count: 1 << 20))]), count: 17).joined()),
            "its pax headers take more than 16777216 bytes"),
        Case(
            "many records", special("x", (0..<66_000).flatMap { paxRecord("\($0)", []) }) + file("a"),
            "its pax headers have more than 65536 records"),
        Case(
            "a long key", pax(String(repeating: "k", count: 1025), "v") + file("a"),
            "a pax header has a key of more than 1024 bytes"),
        Case(
            "long headers for all entries",
            ["mtime", "uid", "gid"].flatMap { pax([($0, [UInt8](repeating: 0x78, count: 500_000))], type: "g") }
                + file("a"), "headers for all entries set more than 1048576 bytes"),
        Case(
            "a long access control list",
            pax("SCHILY.acl.access", String(repeating: "u:1:r,", count: 200_000)) + file("a"),
            "entry 'a': its access control list is longer than 1048576 bytes"),
        Case(
            "a long user name", pax("SCHILY.acl.access", "u:\(String(repeating: "x", count: 256)):r") + file("a"),
            "entry 'a': its access control list is malformed"),
        Case(
            "a name that no line can hold", pax("path", String(repeating: "a/", count: 1 << 20)) + file("x"),
            "entry '\(String(repeating: "a/", count: 100))…': its name is longer than 4095 bytes"),
    ]

    @Test("special headers that say the same again and again are no more than one, for all entries and for one")
    func repeated() throws {
        let value = [UInt8](repeating: 0x78, count: 900_000)
        let global = pax([("comment", value)], type: "g")
        let long = special("L", Array("long".utf8)) + special("K", Array("link".utf8))
        let bytes =
            (0..<30).flatMap { _ in global } + (0..<1000).flatMap { _ in long } + Self.noted(15, 1 << 20)
        let paths = try readArchive(bytes: bytes).map { $0.entry.path.displayed }
        #expect(paths == ["/long"])
    }

    @Test("gives one clear line, and the same again", arguments: names + kinds + forms + sums)
    func refused(bad: Case) throws {
        var message = "nothing was wrong"
        do { _ = try readArchive(bytes: bad.bytes) } catch { message = "\(error)" }
        #expect(message == bad.message)
        #expect(!message.contains("\n"))
    }

    @Test("compressed data that is cut or damaged is refused", arguments: ["gzip", "xz", "zstd -q", "bzip2", "lz4 -q"])
    func compressed(filter: String) throws {
        var random = SplitMix(seed: 1)
        // Content that compresses, in more than one block of output.
        let body = (0..<200_000).map { _ in UInt8.random(in: 0..<16, using: &random) }
        let archive = HeaderBuilder("a", size: body.count).bytes + padded(body) + endMark
        let packed = try run(["sh", "-c", filter], input: archive).output
        #expect(try readArchive(bytes: packed).first?.body == body)
        for count in [20, packed.count / 2, packed.count - 9, packed.count - 1] {
            #expect(throws: ImagesError.self, "cut at \(count)") { try readArchive(bytes: Array(packed.prefix(count))) }
        }
        #expect(throws: ImagesError.self, "something after the end") {
            try readArchive(bytes: packed + Array("more than that".utf8))
        }
        for _ in 0..<20 {
            var damaged = packed
            damaged[Int.random(in: 100..<(packed.count - 8), using: &random)] ^= 0x10
            #expect(throws: ImagesError.self) { try readArchive(bytes: damaged) }
        }
    }

    @Test("data that needs much memory to decompress is refused")
    func memory() throws {
        let archive = HeaderBuilder("a").bytes + endMark
        func xz(_ dictionary: String) throws -> [UInt8] {
            try run(["xz", "--lzma2=mode=fast,mf=hc3,nice=4,dict=\(dictionary)"], input: archive).output
        }
        let usual = try xz("256MiB")
        #expect(try readArchive(bytes: usual).count == 1)
        let large = try xz("512MiB")
        for bytes in [large, usual + large] {
            let error = #expect(throws: ImagesError.self) { try readArchive(bytes: bytes) }
            #expect(error?.reason.contains("bytes of memory, more than 285212672") == true)
        }
        let zstd = try run(["zstd", "-q", "--long=30", "-c"], input: archive).output
        #expect(throws: ImagesError.self) { try readArchive(bytes: zstd) }
    }

    @Test("what follows gzip's data counts: members and zeros are read, anything else is refused")
    func afterGzip() throws {
        let archive = HeaderBuilder("a").bytes + endMark
        let first = try run(["gzip", "-c"], input: Array(archive.prefix(700))).output
        let second = try run(["gzip", "-c"], input: Array(archive.dropFirst(700))).output
        #expect(try readArchive(bytes: first + second + [0, 0, 0]).count == 1)
        #expect(throws: ImagesError.self) { try readArchive(bytes: first + second + [1]) }
        #expect(throws: ImagesError.self) { try readArchive(bytes: first + second + [0, 0, 1]) }
        #expect(throws: ImagesError.self) { try readArchive(bytes: first) }
        #expect(throws: ImagesError.self) { try readArchive(bytes: try run(["gzip", "-c"]).output) }
    }

    @Test("formats other than tar are refused")
    func otherFormats() throws {
        for command in ["echo x | busybox cpio -o -H newc", "printf 'PK\\003\\004' && head -c 600 /dev/zero"] {
            let bytes = try run(["sh", "-c", command]).output
            #expect(throws: ImagesError.self, "\(command)") { try readArchive(bytes: bytes) }
        }
    }
}
