import Model
import Testbed
import Testing

@testable import Images

@Suite("Tar headers")
struct TarReaderTests {
    private func read(_ bytes: [UInt8]) throws -> [TarEntry] { try readArchive(bytes: bytes + endMark).map(\.entry) }

    @Test(
        "names are normalised",
        arguments: [
            ("a", "/a"), ("./a", "/a"), ("a//b/./c", "/a/b/c"), ("././", "/"), (".", "/"), ("a/", "/a"),
            ("...", "/..."),
        ])
    func names(name: String, path: String) throws {
        #expect(try read(HeaderBuilder(name, type: "5").bytes).first?.path.displayed == path)
    }

    @Test("the end mark may be two blocks of zeros, one, or none, with zeros after it")
    func ends() throws {
        let file = HeaderBuilder("a", size: 1).bytes + padded([7])
        for zeros in [0, 512, 1024, 1536, 10240, 700] {
            #expect(try readArchive(bytes: file + [UInt8](repeating: 0, count: zeros)).map(\.body) == [[7]])
        }
        #expect(try readArchive(bytes: endMark).isEmpty)
    }

    @Test("only regular files have bodies, whatever the size field says")
    func headerOnly() throws {
        var bytes: [UInt8] = []
        for (index, type) in (["1", "2", "5", "6"] as [Unicode.Scalar]).enumerated() {
            bytes += HeaderBuilder("n\(index)", type: type, size: 5000, link: "target").bytes
        }
        #expect(try read(bytes).map(\.attributes.size) == [0, 6, 0, 0])
        #expect(try read(bytes)[0].hardLinkTarget == BytePath(["target"]))
    }

    @Test("the oldest archives mark directories by a slash")
    func oldDirectories() throws {
        var header = HeaderBuilder("d/")
        header.type = 0
        header.magic = ""
        #expect(try read(header.bytes).first?.attributes.kind == .directory)
    }

    @Test(
        "a pax time is exact on both sides of 1970",
        arguments: [
            ("0", 0, 0), ("1.5", 1, 500_000_000), ("-1.5", -2, 500_000_000), ("-0.5", -1, 500_000_000), ("-3", -3, 0),
            ("-3.0", -3, 0), ("1.000000001", 1, 1), ("-1.000000001", -2, 999_999_999), ("7.", 7, 0),
            ("1.9999999999", 1, 999_999_999), ("-1.9999999999", -2, 0), ("-0.0000000001", -1, 999_999_999),
        ] as [(String, Int64, UInt32)])
    func times(text: String, seconds: Int64, nanoseconds: UInt32) throws {
        #expect(
            try read(pax("mtime", text) + HeaderBuilder("a").bytes).first?.attributes.modified
                == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test("records: the last one counts, an empty one takes back, a global one stands beneath")
    func records() throws {
        let global = pax(
            [("uid", Array("5".utf8)), ("comment", Array("x".utf8)), ("mtime", Array("9".utf8))], type: "g")
        let local = pax([("uid", [0x36]), ("uid", [0x37]), ("mtime", [])])
        let entries = try read(global + local + HeaderBuilder("a").bytes + HeaderBuilder("b").bytes)
        #expect(entries.map(\.attributes.uid) == [7, 5])
        #expect(entries.map(\.attributes.modified.seconds) == [0, 9])
    }

    @Test("of a header for all entries only what means something is kept")
    func globalRecords() throws {
        var records = PaxRecords()
        try records.addGlobal(paxRecord("comment", [1]) + paxRecord("uid", [0x37]) + paxRecord("VENDOR.x", [1]))
        #expect(records.values == ["uid": [0x37]])
    }

    @Test("xattrs: raw bytes, GNU's escapes, libarchive's base64, the raw form first, sorted")
    func xattrs() throws {
        let entries = try read(
            pax([
                ("SCHILY.xattr.user.z", [0, 10, 61, 255]), ("SCHILY.xattr.user.a%3Db%25c%41", []),
                ("LIBARCHIVE.xattr.user.z", Array("AAAA".utf8)), ("LIBARCHIVE.xattr.user.%c3%a9", Array("/+8Q".utf8)),
            ]) + HeaderBuilder("a").bytes)
        #expect(
            entries.first?.attributes.xattrs == [
                ExtendedAttribute(name: "user.a=b%c%41", value: []),
                ExtendedAttribute(name: "user.z", value: [0, 10, 61, 255]),
                ExtendedAttribute(name: "user.é", value: [0xff, 0xef, 0x10]),
            ])
    }

    @Test("an access control list gives the kernel's form, and the mask where the mode has the group")
    func accessControlList() throws {
        let text = "other::r--,mask::rw-,user::rwx,group::r-x,user:7:r--,user:joe:-w-:3,group:root:--x\t#effective:---"
        var header = HeaderBuilder("a")
        header.mode = "0004750"
        let attributes = try #require(try read(pax("SCHILY.acl.access", text) + header.bytes).first?.attributes)
        #expect(attributes.permissions == 0o4764)
        let expected =
            "02000000" + "01000700ffffffff" + "0200020003000000" + "0200040007000000" + "04000500ffffffff"
            + "0800010000000000"
            + "10000600ffffffff" + "20000400ffffffff"
        #expect(
            attributes.xattrs == [
                ExtendedAttribute(name: "system.posix_acl_access", value: [UInt8](hex: expected) ?? [])
            ])
        let minimal = pax("SCHILY.acl.access", "user::rw-,group::r--,other::---") + header.bytes
        #expect(try read(minimal).first?.attributes.xattrs == [])
    }

    @Test("names stay bytes in every format that has long ones")
    func rawNames() throws {
        let name: [UInt8] = [0xff, 0x65, 0xcc, 0x81, 0x0a]
        var header = HeaderBuilder("")
        header.name = name
        let entries = try read(
            header.bytes + pax([("path", name)]) + HeaderBuilder("a").bytes
                + pax([("hdrcharset", Array("BINARY".utf8)), ("path", name)]) + HeaderBuilder("a").bytes
                + special("L", name + [0]) + special("K", name + [0]) + HeaderBuilder("a", type: "2", link: "b").bytes)
        #expect(entries.map(\.path) == [BytePath](repeating: BytePath([ByteName(name)]), count: 4))
        #expect(entries.last?.symlinkTarget == name)
    }

    @Test("a size in base 256 and a time before 1970 in it are read as GNU tar writes them")
    func base256() throws {
        var block = HeaderBuilder("a").bytes
        block.replaceSubrange(136..<148, with: [UInt8](repeating: 0xff, count: 11) + [0xfe])
        block.replaceSubrange(108..<116, with: [0x80, 0, 0, 0, 0xb2, 0xd0, 0x5e, 0x00])
        let attributes = try #require(try read(HeaderBuilder.signed(block)).first?.attributes)
        #expect(attributes.modified.seconds == -2 && attributes.uid == 3_000_000_000)
    }
}
