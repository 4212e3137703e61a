import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("What a snapshot keeps")
struct RoundTripTests {
    /// Every case of docs/format.md that a file can be in.
    static let script = #"""
        umask 022
        echo plain > plain
        echo note > user-xattr; setfattr -n user.note -v "a b=c\\d" user-xattr; setfattr -n user.empty user-xattr
        mkdir xattr-directory; setfattr -n trusted.mine -v 0x00ff0a xattr-directory
        cp /bin/true capable; setcap cap_net_raw+ep capable
        echo acl > acl; setfacl -m u:1000:rw,g:50:r acl
        mkdir acl-directory; setfacl -m u:1000:rwx acl-directory; setfacl -d -m u:7:rwx acl-directory
        echo linked > linked; ln linked linked-too; mkdir sub; ln linked sub/linked
        mkfifo fifo; mknod fifo-link p; ln fifo-link fifo-link-too
        mknod char c 1 3; mknod block b 259 70000
        ln -s /dangling symlink-one; ln symlink-one symlink-two; chown -h 12:13 symlink-one; touch -h -d @5.5 symlink-one
        echo owned > owned; chown 70000:4294967294 owned; chmod 7751 owned
        mkdir sticky; chmod 3777 sticky
        echo old > old; touch -d '1960-01-02 03:04:05.123456789' old
        echo ns > ns; touch -d '2023-01-02 03:04:05.000000001' ns
        mkdir -p .git/objects sub/.GIT; echo ref > .git/HEAD; echo x > sub/.GIT/x; echo y > git~1; echo z > .gitmodules
        echo v > .varve; echo v > .varve.x; echo p > 'foo\.git'
        printf b > "$(printf 'bytes-\377\376')"; printf n > "$(printf 'new\nline')"; ln -s "$(printf 't\377\n')" odd-target
        echo w > .wh.plain; mkdir .wh..wh..opq
        mkdir empty; touch empty-file; chmod 0000 empty-file
        ln -s "$(printf 'x%.0s' $(seq 4095))" long-symlink
        echo l > "$(printf 'n%.0s' $(seq 255))"; mkdir "$(printf '%%%.0s' $(seq 255))"
        truncate -s 1M sparse; printf data | dd of=sparse bs=1 seek=500000 conv=notrunc status=none
        truncate -s 3000 all-hole; truncate -s 100k tail-hole; printf head | dd of=tail-hole conv=notrunc status=none
        head -c 300000 /dev/zero > zeros; head -c 100000 /dev/urandom > big
        setfattr -n security.test -v 1 fifo; setfattr -h -n trusted.t -v 1 symlink-one; setfattr -n trusted.c -v 1 char
        setfattr -n trusted.overlay.opaque -v y plain
        touch -d '1969-12-31 23:59:59.5 UTC' sub; touch -d '2001-01-01' .
        chmod 2750 .; chown 3:4 .
        """#

    /// `file`, as tools see it, a line a path: what stat, getfattr and `filefrag` say, and checksums.
    private static let look = #"""
        find . -mindepth 0 -printf '%p %y %m %U %G %T@ %s %l\0' | sort -z | tr '\0' '\1'
        find . -type f -print0 | sort -z | xargs -0 sha256sum -b
        find . \( -type c -o -type b \) -print0 | sort -z | xargs -0 stat -c '%n %t %T'
        find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex --absolute-names
        find . ! -type d -links +1 -printf '%i %p\n' | sort -k2 | awk '{ if (!($1 in n)) n[$1] = NR; print n[$1], $2 }'
        """#

    @Test("is all of it, as stat, getfattr and checksums tell", .enabled(if: isRoot))
    func everything() throws {
        let fixture = try Fixture()
        let original = try fixture.makeDirectory("original")
        try shell(Self.script, in: original)
        let socket = KernelPath("\(original)/socket")
        try Files.makeNode(socket, mode: FileKind.socket.modeBits | 0o755)
        try shell("touch -d '2001-01-01' .", in: original)

        let tree = try fixture.commit(original)
        #expect(try fixture.fsck() == "")
        let copy = try fixture.materialize(tree, as: "copy")
        #expect(try fixture.commit(copy) == tree)
        let (before, after) = (try shell(Self.look, in: original), try shell(Self.look, in: copy))
        #expect(before == after)
        #expect(before.contains("0x01000002") && before.contains("posix_acl_default"))
        for name in ["sparse", "all-hole", "tail-hole", "zeros", "big"] {
            let (a, b) = (try holes("\(original)/\(name)"), try holes("\(copy)/\(name)"))
            #expect(a == b, "\(name)")
            #expect(a.isEmpty == (name == "zeros" || name == "big"), "\(name)")
        }
        #expect(try Files.status(KernelPath("\(copy)/sparse")).blocks <= 16)
    }

    private func holes(_ path: String) throws -> [Range<UInt64>] {
        let file = try Files.open(KernelPath(path), flags: O_RDONLY)
        return try file.holes(size: try file.status().size)
    }

    @Test("is the same in a layer below overlayfs", .enabled(if: isRoot))
    func belowOverlay() throws {
        let fixture = try Fixture()
        let original = try fixture.makeDirectory("original")
        try shell(Self.script, in: original)
        let tree = try fixture.commit(original)
        let overlay = try Overlay(over: tree, in: fixture)
        let (claimed, shown) = try overlay.both()
        let expected = try Flat(tree, in: fixture.store)
        #expect(shown == expected, "\(shown.differences(from: expected))")
        #expect(claimed == expected)
        try overlay.unmount()
    }

    @Test("comes from random operations too, holes and hard links as well", .enabled(if: isRoot), arguments: 1...10)
    func randomTrees(seed: UInt64) throws {
        let fixture = try Fixture()
        var operations = RandomOperations(in: try fixture.makeDirectory("original"), seed: seed)
        try operations.perform(150)
        let tree = try fixture.commit(operations.top)
        let copy = try fixture.materialize(tree, as: "copy")
        #expect(try fixture.commit(copy) == tree, "seed \(seed)")
    }

    @Test("has a hole even where an attribute block makes up for the missing one", .enabled(if: isRoot))
    func holeAndAttributeBlock() throws {
        let fixture = try Fixture()
        let original = try fixture.makeDirectory("original")
        try shell(
            """
            head -c 8192 /dev/urandom > file; truncate -s 12288 file
            setfattr -n user.large -v "$(head -c 3000 /dev/zero | tr '\\0' x)" file
            """, in: original)
        let tree = try fixture.commit(original)
        guard case .leaf(let attributes, _)? = try fixture.store.directory(tree)["file"] else {
            Issue.record("no file")
            return
        }
        #expect(attributes.holes == [8192..<12288])
    }

    @Test("is no overlayfs whiteout", .enabled(if: isRoot))
    func whiteout() throws {
        let fixture = try Fixture()
        let original = try fixture.makeDirectory("original")
        try shell("mkdir a; mknod a/gone c 0 0", in: original)
        let expected = try path("a/gone")
        #expect {
            try fixture.commit(original)
        } throws: { error in
            guard case SnapshotError.unsupported(expected, _) = error else { return false }
            return true
        }
    }

    @Test("is no directory that nests too deep, and the error names it shortly")
    func depth() throws {
        let fixture = try Fixture()
        let original = try fixture.makeDirectory("original")
        var directory = try Files.openDirectory(KernelPath(original))
        for _ in 0..<513 {
            try Files.makeDirectory("d", in: directory.reference)
            directory = try Files.openDirectory("d", in: directory.reference)
        }
        #expect {
            try fixture.commit(original)
        } throws: { error in
            "\(error)".hasPrefix("/d/d/d: directories nest more than 512 deep")
        }
    }
}
