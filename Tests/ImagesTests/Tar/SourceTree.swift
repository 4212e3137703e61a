import Glibc
import Images
import Linux
import Model
import Testbed
import Testing

/// A directory with every kind of file and attribute that tar can carry, and what the kernel says of each.
struct SourceTree {
    struct File {
        let status: FileStatus
        let xattrs: [ExtendedAttribute]
        let target: [UInt8]?
        let content: [UInt8]
        let holes: [Range<UInt64>]
    }

    let directory: TemporaryDirectory
    var path: String { directory.file("tree") }
    private(set) var files: [BytePath: File] = [:]

    /// What every format and tool can carry.
    static let plain = """
        mkdir -p d/empty d/sub .git/objects
        printf 'hello\\n' > d/file
        : > d/nothing
        head -c 70000 /dev/urandom > d/large
        printf 'ref: x\\n' > .git/HEAD
        ln d/file d/link && ln d/file d/sub/across
        ln -s file d/symlink && ln -s /absolute/../dangling dangling
        mkfifo d/fifo
        mknod d/char c 1 3 && mknod d/block b 259 70000
        chown 1234:2345 d/file && chmod 6755 d/large && chown 65534:65534 d/symlink -h
        chmod 1777 d/empty && chmod 4711 d/nothing && chmod 0 .git/HEAD
        printf x > d/.wh.gone && printf x > d/.wh..wh..opq
        touch -h -d '2001-02-03 04:05:06 UTC' d/* d .git
        """

    static let oddNames = """
        printf x > "$(printf 'new\\nline')" && printf x > "$(printf 'bad\\377\\200utf8')"
        printf x > "$(printf 'caf\\303\\251')" && printf x > "$(printf 'cafe\\314\\201')"
        printf x > "d/$(printf '%0255d' 7)"
        mkdir -p "$(printf '%0200d/%0200d' 1 2)" && printf x > "$(printf '%0200d/%0200d/deep' 1 2)"
        ln -s "$(printf '%04095d' 9)" longlink
        ln "$(printf '%0200d/%0200d/deep' 1 2)" hardlong
        printf x > 'a=b' && printf x > ' ' && printf x > '\\back'
        """

    static let largeOwners = "printf x > owned && chown 3000000000:4000000000 owned"

    static let sparse = """
        truncate -s 1000000 holes && printf data | dd of=holes bs=4096 seek=20 conv=notrunc status=none
        truncate -s 300000 allhole
        printf start > tailhole && truncate -s 100000 tailhole
        i=0; truncate -s 1000000 many; while [ $i -lt 30 ]; do
        printf "part$i" | dd of=many bs=8192 seek=$i conv=notrunc status=none; i=$((i+1)); done
        """

    static let times = """
        for t in '1969-12-31 23:59:58.500000000' '1969-12-31 23:59:59.999999999' '1901-02-03 00:00:00' \\
            '1960-01-01 00:00:00.000000001' '2001-01-01 01:01:01.123456789' '2300-01-01 00:00:00.1'; do
        printf x > "t-$t" && touch -d "$t UTC" "t-$t"; done
        """

    /// Without those before 1970 that have a fraction: bsdtar writes -1.5 s as -2.5.
    static let laterTimes = """
        touch -d '1901-02-03 00:00:00 UTC' t-old && touch -d '2001-01-01 01:01:01.123456789 UTC' t-new
        """

    static let xattrs = """
        printf x > attr && setfattr -n user.note -v 0x00ff0a3d00 attr && setfattr -n user.empty -v '' attr
        setfattr -n 'user.a=b%c' -v value attr
        setfattr -n trusted.t -v secret attr
        setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 attr
        printf x > acl && setfacl -m u:1234:rwx,g:99:r,u:77:x acl
        mkdir acldir && setfacl -m u:4321:rx acldir && setfacl -d -m u:5:rwx,g::r acldir
        """

    init(_ scripts: String...) throws { try self.init(scripts) }

    init(_ scripts: [String]) throws {
        directory = try TemporaryDirectory("images")
        try Files.makeDirectory(KernelPath(path))
        let result = try run(["sh", "-ec", "umask 022; cd '\(path)'\n" + scripts.joined(separator: "\n")])
        try #require(result.status == 0, "\(result.errors)")
        try collect(.root)
    }

    /// What is at `path` by now.
    init(collecting directory: TemporaryDirectory) throws {
        self.directory = directory
        try collect(.root)
    }

    private mutating func collect(_ path: BytePath) throws {
        let root = try Files.open(KernelPath(self.path), flags: O_RDONLY | O_DIRECTORY)
        let kernelPath = KernelPath(relative: path)
        let status = try Files.status(kernelPath, in: root.reference)
        var content: [UInt8] = []
        var holes: [Range<UInt64>] = []
        if status.kind == .regular {
            let file = try Files.open(kernelPath, in: root.reference, flags: O_RDONLY)
            holes = try file.holes(size: status.size)
            lseek(file.raw, 0, SEEK_SET)
            content = try file.readAll()
        }
        files[path] = File(
            status: status, xattrs: try Xattrs.all(kernelPath, in: root.reference),
            target: status.kind == .symlink ? try Files.readLink(kernelPath, in: root.reference) : nil,
            content: content, holes: holes)
        guard status.kind == .directory else { return }
        let directory = try Files.open(kernelPath, in: root.reference, flags: O_RDONLY | O_DIRECTORY)
        for name in try Files.names(in: directory) { try collect(path.appending(name)) }
    }

    /// What a format and the tool that wrote it can carry beyond the plain attributes.
    struct Abilities: OptionSet {
        let rawValue: Int
        static let nanoseconds = Abilities(rawValue: 1)
        static let xattrs = Abilities(rawValue: 2)
        static let holes = Abilities(rawValue: 4)
    }

    /// Compares an archive's entries with what was archived.
    func expect(_ entries: [ReadEntry], _ abilities: Abilities) {
        let paths = entries.map(\.entry.path)
        #expect(paths.sorted() == files.keys.sorted())
        for read in entries {
            guard let file = files[read.entry.path] else { continue }
            expect(read, file, abilities)
        }
    }

    private func expect(_ read: ReadEntry, _ file: File, _ abilities: Abilities) {
        let (entry, status) = (read.entry, file.status)
        let attributes = entry.attributes
        let path = Comment(rawValue: entry.path.displayed)
        #expect(attributes.kind == status.kind, path)
        #expect(attributes.permissions == status.permissions, path)
        #expect(attributes.uid == status.uid && attributes.gid == status.gid, path)
        #expect(attributes.modified.seconds == status.modified.seconds, path)
        if abilities.contains(.nanoseconds) { #expect(attributes.modified == status.modified, path) }
        if let target = entry.hardLinkTarget {
            #expect(files[target]?.status.inode == status.inode, path)
            #expect(read.body.isEmpty, path)
            return
        }
        if abilities.contains(.xattrs) { #expect(attributes.xattrs == file.xattrs, path) }
        if abilities.contains(.holes) { #expect(attributes.holes == file.holes, path) }
        #expect(entry.symlinkTarget == file.target, path)
        #expect(read.body == file.content, path)
        if status.kind == .regular || status.kind == .symlink { #expect(attributes.size == status.size, path) }
        let isDevice = status.kind == .characterDevice || status.kind == .blockDevice
        #expect(attributes.device == (isDevice ? status.device : nil), path)
    }
}
