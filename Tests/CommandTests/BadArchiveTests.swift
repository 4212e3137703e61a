import Testbed
import Testing

/// Archives that can't be a root filesystem: one clear line, exit code 3, nothing stored.
@Suite("Bad archives", .enabled(if: isRoot))
struct BadArchiveTests {
    /// Writes one archive a name. `sys.argv[1]` is the base archive.
    private static let makeArchives = #"""
        import gzip, io, sys, tarfile
        def archive(name, *entries):
            with tarfile.open(name + '.tar', 'w', format=tarfile.PAX_FORMAT) as out:
                for path, kind, target in entries:
                    info = tarfile.TarInfo(path)
                    info.type, info.linkname = kind, target
                    if '\0' in path:
                        info.name, info.pax_headers = 'x', {'path': path}
                    if kind == tarfile.REGTYPE:
                        info.size = 3
                        out.addfile(info, io.BytesIO(b'hi\n'))
                    else:
                        out.addfile(info)
        F, D, L, H = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
        archive('dotdot', ('ok', F, ''), ('../x', F, ''))
        archive('absolute', ('/abs', F, ''))
        archive('inner', ('a/../../b', F, ''))
        archive('dot', ('.', F, ''))
        archive('nul', ('a\0b', F, ''))
        archive('through', ('link', L, '/etc'), ('link/passwd', F, ''))
        archive('twice', ('a', F, ''), ('a', F, ''))
        archive('both', ('a', F, ''), ('a', D, ''))
        archive('nothing', ('a', H, 'b'))
        archive('long', ('/'.join(['n' * 199] * 25), F, ''))
        archive('component', ('n' * 256, F, ''))
        archive('deviation', ('a', F, ''), ('a/b', F, ''))
        def marked(name, key, value):
            with tarfile.open(name + '.tar', 'w', format=tarfile.PAX_FORMAT) as out:
                info = tarfile.TarInfo('a')
                info.pax_headers = {key: value}
                out.addfile(info)
        marked('apple', 'LIBARCHIVE.xattr.com.apple.provenance', 'AQID')
        marked('wide', 'SCHILY.xattr.user.a', 'x' * 65536)
        marked('stranger', 'SCHILY.acl.access',
            'user::rw-,group::r--,group:no-such-group-here:r--,mask::r--,other::---')
        base = open(sys.argv[1], 'rb').read()
        open('short.tar', 'wb').write(base[:1_000_000])
        packed = gzip.compress(base, 1)
        open('short.tar.gz', 'wb').write(packed[:len(packed) // 2])
        open('damaged.tar.gz', 'wb').write(packed[:-8] + b'\0' * 8)
        open('empty.tar', 'wb')
        open('text.tar', 'w').write('this is no archive\n' * 100)
        raw = bytearray(open('twice.tar', 'rb').read())
        raw[0] = 0
        raw[148:156] = b'%06o\0 ' % sum(raw[:148] + b' ' * 8 + raw[156:512])
        open('unnamed.tar', 'wb').write(raw)
        """#

    /// No line is longer than a person wants to read.
    private static let shortened = String(repeating: "n", count: 199) + "/…"

    private static let refusals: [(file: String, reason: String)] = [
        ("text.tar", "this is no tar archive, compressed or not"),
        ("empty.tar", "it is empty"),
        ("short.tar", "it is cut off at byte 1000000"),
        ("short.tar.gz", "the gzip data ends too early"),
        ("damaged.tar.gz", "the gzip data is damaged"),
        ("dotdot.tar", "entry '../x': its name has a '..'"),
        ("absolute.tar", "entry '/abs': its name is absolute"),
        ("inner.tar", "entry 'a/../../b': its name has a '..'"),
        ("dot.tar", "entry '.': its name is a directory's, and it is none"),
        ("unnamed.tar", "entry '': its name is empty"),
        ("nul.tar", "entry 'a\\x00b': its name has a NUL"),
        ("through.tar", "entry 'link/passwd': the way to it leads through /link, which is a symlink"),
        ("twice.tar", "entry 'a': it is named twice"),
        ("both.tar", "entry 'a': it is named twice, once as a directory and once as something else"),
        ("nothing.tar", "entry 'a': it is a hard link to /b, which is no file that came before it"),
        ("long.tar", "entry '\(shortened)': its name is longer than 4095 bytes"),
        (
            "component.tar",
            "entry '\(String(repeating: "n", count: 256))': its name has a component longer than 255 bytes"
        ),
        (
            "apple.tar",
            "entry 'a': no attribute can be called 'com.apple.provenance': "
                + "it has to be user.…, trusted.…, security.… or an ACL"
        ),
        ("wide.tar", "entry 'a': attribute 'user.a' has a value of more than 65535 bytes"),
        ("stranger.tar", "entry 'a': its access control list names group 'no-such-group-here' without a number"),
        ("deviation.tar", "entry 'a/b': the way to it leads through /a, which is no directory"),
    ]

    @Test("each is refused with its reason, and the repository is as it was")
    func refusals() throws {
        let box = try Box()
        let made = try run(["python3", "-c", "import os; os.chdir('\(box.path)')\n" + Self.makeArchives, "base.tar"])
        #expect(made.status == 0, "\(made.errors)")
        for (file, reason) in Self.refusals {
            try box.refuses("varve import debian:12 \(file)", code: 3, "varve: read archive: \(file): \(reason)")
        }
        try box.refuses(
            "varve import new:1 - <text.tar", code: 3,
            "varve: read archive: standard input: this is no tar archive, compressed or not")
        #expect(try box.shell("varve tag").text.hasPrefix("debian:12"))
    }

    @Test("a file that is not there, and one that may not be a root filesystem")
    func noArchive() throws {
        let box = try Box(imported: false)
        try box.transcript(
            """
            $ varve import debian:12 none.tar
            ! varve: open: none.tar: No such file or directory
            [3]
            $ varve import debian:12 /dev/null
            ! varve: read archive: /dev/null: it is empty
            [3]
            $ varve tag
            """)
    }
}
