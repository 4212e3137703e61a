import Glibc
import Images
import Linux
import Model
import Testbed
import Testing

@Suite("Archives that real tools write", .enabled(if: isRoot))
struct RealArchiveTests {
    /// Packs the tree with a command that gets the archive's path for `OUT` and the tree's for `TREE`.
    private func pack(
        _ tree: SourceTree, _ command: String, accounts: Accounts = Accounts()
    ) throws -> [ReadEntry] {
        let out = tree.directory.file("out.tar")
        let result = try run(["sh", "-ec", command], environment: ["OUT": out, "TREE": tree.path, "LC_ALL": "C"])
        try #require(result.status == 0, "\(result.errors)")
        return try readArchive(path: out, accounts: accounts)
    }

    @Test("GNU tar, formats of ustar's reach", arguments: ["v7", "ustar", "oldgnu", "gnu", "pax"])
    func gnuPlain(format: String) throws {
        // v7 has no devices and no FIFOs, and owners of 21 bits.
        let tree = try SourceTree(SourceTree.plain + (format == "v7" ? "\nrm d/fifo d/char d/block" : ""))
        tree.expect(try pack(tree, "tar -C $TREE --format=\(format) -cf $OUT ."), [])
    }

    @Test("GNU tar's own format carries long and odd names, large owners and holes", arguments: ["gnu", "oldgnu"])
    func gnu(format: String) throws {
        let tree = try SourceTree(
            SourceTree.plain, SourceTree.oddNames, SourceTree.largeOwners, SourceTree.sparse, SourceTree.times)
        tree.expect(try pack(tree, "tar -C $TREE --format=\(format) --sparse -cf $OUT ."), [.holes])
    }

    @Test("GNU tar's pax format carries everything, in each of its sparse formats", arguments: ["0.0", "0.1", "1.0"])
    func pax(sparse: String) throws {
        let tree = try SourceTree(
            SourceTree.plain, SourceTree.oddNames, SourceTree.largeOwners, SourceTree.sparse, SourceTree.times,
            SourceTree.xattrs)
        let command =
            "tar -C $TREE --format=posix --sparse --sparse-version=\(sparse) --xattrs --xattrs-include='*' --acls -cf $OUT ."
        let entries = try pack(tree, command, accounts: try Self.hostAccounts())
        tree.expect(entries, [.nanoseconds, .xattrs, .holes])
    }

    /// What GNU tar took the names from.
    private static func hostAccounts() throws -> Accounts {
        func content(_ path: KernelPath) throws -> [UInt8] { try Files.open(path, flags: O_RDONLY).readAll() }
        return Accounts(passwd: try content("/etc/passwd"), group: try content("/etc/group"))
    }

    @Test("bsdtar's pax format carries everything", .enabled(if: hasTool("bsdtar")), arguments: ["C", "C.UTF-8"])
    func bsdtar(locale: String) throws {
        let tree = try SourceTree(
            SourceTree.plain, SourceTree.oddNames, SourceTree.largeOwners, SourceTree.sparse,
            SourceTree.laterTimes, SourceTree.xattrs)
        let command = "LC_ALL=\(locale) bsdtar -C $TREE --format=pax --xattrs --acls -cf $OUT ."
        tree.expect(try pack(tree, command), [.nanoseconds, .xattrs, .holes])
    }

    @Test(
        "Python's tarfile, in its three formats", .enabled(if: hasTool("python3")), arguments: ["USTAR", "GNU", "PAX"])
    func python(format: String) throws {
        let tree =
            format == "USTAR"
            ? try SourceTree(SourceTree.plain)
            : try SourceTree(SourceTree.plain, SourceTree.oddNames, SourceTree.largeOwners)
        let command = """
            python3 -c 'import os, tarfile
            with tarfile.open(os.environ["OUT"], "w", format=tarfile.\(format)_FORMAT) as t: t.add(os.environ["TREE"], ".")'
            """
        tree.expect(try pack(tree, command), [])
    }

    @Test("busybox tar", .enabled(if: hasTool("busybox")))
    func busybox() throws {
        let tree = try SourceTree(SourceTree.plain)
        tree.expect(try pack(tree, "busybox tar -C $TREE -cf $OUT ."), [])
    }

    @Test(
        "every compression gives the same entries, from a file and from a pipe",
        arguments: [
            "cat", "gzip", "gzip -1", "xz", "zstd -q", "bzip2", "lz4 -q", "split -b 100000 --filter=gzip",
            "split -b 100000 --filter=xz", "split -b 100000 --filter='zstd -q'", "split -b 100000 --filter=bzip2",
        ])
    func compressions(filter: String) throws {
        let tree = try SourceTree(SourceTree.plain, "head -c 600000 /dev/urandom > random")
        let entries = try pack(tree, "tar -C $TREE -cf - . | \(filter) > $OUT")
        tree.expect(entries, [])
        let command = "mkfifo fifo && { cat out.tar > fifo & }"
        try #require(try run(["sh", "-ec", "cd '\(tree.directory.path)' && \(command)"]).status == 0)
        #expect(try readArchive(path: tree.directory.file("fifo")) == entries)
    }

    @Test("an access control list with names is read with the accounts given, and refused without")
    func namedACL() throws {
        let tree = try SourceTree("printf x > f && setfacl -m u:daemon:rw,g:daemon:r f")
        let command = "tar -C $TREE --format=posix --acls -cf $OUT ."
        #expect {
            try pack(tree, command)
        } throws: { error in
            "\(error)".contains("entry './f'") && "\(error)".contains("user 'daemon' without a number")
        }
        tree.expect(try pack(tree, command, accounts: try Self.hostAccounts()), [.nanoseconds, .xattrs])
    }

    @Test("a body may be read in part or not at all, and a large hole costs nothing")
    func partialReads() throws {
        let tree = try SourceTree(SourceTree.plain)
        let out = tree.directory.file("out.tar")
        let huge = "cd '\(tree.path)' && truncate -s 60G huge && printf end >> huge"
        try #require(try run(["sh", "-ec", huge]).status == 0)
        try #require(try run(["tar", "-C", tree.path, "--sparse", "-cf", out, "huge", "d"]).status == 0)
        let reader = try TarReader(reading: try Files.open(KernelPath(out), flags: O_RDONLY), name: out)
        var buffer = [UInt8](repeating: 1, count: 100)
        var names: Set<BytePath> = []
        while let entry = try reader.next() {
            names.insert(entry.path)
            _ = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
        }
        #expect(names.contains(BytePath(["huge"])) && names.contains(BytePath(["d", "large"])))
        #expect(try reader.next() == nil)
    }
}
