import Glibc
import Linux
import Model
import Testbed
import Testing

@testable import Images

/// Keeps what it gets.
final class ArraySink: ByteSink {
    private(set) var bytes: [UInt8] = []
    private(set) var isFinished = false

    func write(_ bytes: UnsafeRawBufferPointer) throws(ImagesError) { self.bytes.append(contentsOf: bytes) }
    func finish() throws(ImagesError) { isFinished = true }
}

func written(
    _ entries: [ReadEntry], _ dialect: TarDialect = .archive, then more: (TarWriter) throws -> Void = { _ in }
) throws -> [UInt8] {
    let sink = ArraySink()
    let writer = TarWriter(to: sink, dialect: dialect)
    for entry in entries { try writer.add(entry.entry, body: .bytes(entry.body)) }
    try more(writer)
    try writer.finish()
    #expect(sink.isFinished)
    return sink.bytes
}

@Suite("Writing tar files")
struct TarWriterTests {
    @Test("what was written is read again as it was")
    func roundTrip() throws {
        var random = SplitMix(seed: 31)
        for _ in 0..<60 {
            let entries = (0..<Int.random(in: 0...12, using: &random)).map { RandomEntry.make($0, using: &random) }
            let bytes = try written(entries)
            #expect(bytes.count.isMultiple(of: 512) && bytes.suffix(1024).allSatisfy { $0 == 0 })
            let read = try readArchive(bytes: bytes)
            #expect(read.count == entries.count)
            for (read, entry) in zip(read, entries) where read != entry {
                Issue.record("\(entry.entry) was read as \(read.entry)")
            }
            #expect(try written(entries) == bytes)
        }
    }

    @Test("a small file takes one header, of ustar alone, and the end two blocks")
    func plain() throws {
        let attributes = Attributes(
            kind: .regular, permissions: 0o4755, uid: 2_097_151, gid: 7, modified: Timestamp(seconds: (1 << 33) - 1),
            size: 3)
        let long = BytePath([
            ByteName(String(repeating: "d", count: 155)), ByteName(String(repeating: "f", count: 100)),
        ])
        let bytes = try written([ReadEntry(entry: TarEntry(path: long, attributes: attributes), body: [1, 2, 3])])
        #expect(bytes.count == 4 * 512 && bytes[156] == UInt8(ascii: "0"))
    }

    @Test("what can't be carried is told of, and nothing of it is written")
    func notCarried() throws {
        func path(_ text: String) -> BytePath { BytePath(text.split(separator: "/").map { ByteName(String($0)) }) }
        let file = Attributes(kind: .regular, permissions: 0o644)
        let whiteout = "in a layer a name that begins with .wh. tells of a removed file"
        let cases: [(TarEntry, String)] = [
            (
                TarEntry(path: path("s"), attributes: Attributes(kind: .socket, permissions: 0)),
                "tar has no form for sockets"
            ),
            (TarEntry(path: path("d/.wh.x"), attributes: file), whiteout),
            (TarEntry(path: path("d/.wh.d/x"), attributes: file), whiteout),
            (TarEntry(path: path("x"), attributes: file, hardLinkTarget: path("d/.wh.x")), whiteout),
            (
                TarEntry(path: BytePath([ByteName](repeating: "abc", count: 1024)), attributes: file),
                "its path is too long for readers of tar files"
            ),
        ]
        let sink = ArraySink()
        let writer = TarWriter(to: sink, dialect: .layer)
        for (entry, reason) in cases {
            #expect(throws: TarWriterError.notCarried(entry.path, reason: reason)) { try writer.add(entry) }
        }
        #expect(throws: TarWriterError.notCarried(path("a/.wh.b"), reason: whiteout)) {
            try writer.whiteout(path("a/.wh.b"))
        }
        #expect(throws: TarWriterError.notCarried(path(".wh.b"), reason: whiteout)) { try writer.opaque(path(".wh.b")) }
        #expect(throws: TarWriterError.self) { try writer.whiteout(.root) }
        #expect(sink.bytes.isEmpty)
        let archive = TarWriter(to: sink, dialect: .archive)
        try archive.add(TarEntry(path: path("d/.wh.x"), attributes: file))
        #expect(sink.bytes.count == 512)
    }

    @Test("a body that is shorter than its size fails, and the sink's own error comes out")
    func failures() throws {
        let entry = TarEntry(path: BytePath(["f"]), attributes: Attributes(kind: .regular, permissions: 0, size: 5))
        let writer = TarWriter(to: ArraySink(), dialect: .layer)
        #expect(throws: TarWriterError.failed(ImagesError("write archive", "/f", "its body ends at byte 2 of 5"))) {
            try writer.add(entry, body: .bytes([1, 2]))
        }
        let full = DescriptorSink(try Files.open("/dev/full", flags: O_WRONLY), name: "out")
        #expect(throws: TarWriterError.failed(ImagesError("write", "out", "No space left on device"))) {
            try TarWriter(to: full, dialect: .layer).add(entry, body: .bytes([1, 2, 3, 4, 5]))
        }
    }

    @Test("whiteouts are read as whiteouts, of the longest names too")
    func whiteouts() throws {
        let long = BytePath(["d", ByteName([UInt8](repeating: 0xe9, count: 255))])
        let bytes = try written([], .layer) { writer in
            try writer.whiteout(long)
            try writer.opaque(BytePath(["d"]))
            try writer.opaque(.root)
            try writer.whiteout(BytePath(["top"]))
        }
        let expected: [LayerEntry] = [
            .whiteout(long), .opaque(BytePath(["d"])), .opaque(.root), .whiteout(BytePath(["top"])),
        ]
        #expect(try ReadLayer(bytes: bytes).changes == expected)
    }

    struct Unpacker: Sendable, CustomTestStringConvertible {
        let command: String
        let scripts: [String]
        let abilities: SourceTree.Abilities
        var testDescription: String { String(command.prefix(20)) }
    }

    /// What each can make again of a tar file.
    static let unpackers = [
        Unpacker(
            command: "tar --xattrs --xattrs-include='*' -xpf in.tar -C out",
            scripts: [SourceTree.oddNames, SourceTree.sparse, SourceTree.laterTimes, SourceTree.xattrs],
            abilities: [.nanoseconds, .xattrs, .holes]),
        // libarchive makes one name of two spellings of é, drops a backslash at the front, and leaves the root's time alone.
        Unpacker(
            command: "bsdtar --numeric-owner --acls --xattrs -xpf in.tar -C out && touch -r tree out",
            scripts: [SourceTree.sparse, SourceTree.laterTimes], abilities: [.nanoseconds]),
        // Python makes no holes and no attributes, and leaves the times of symlinks alone.
        Unpacker(
            command: """
                python3 -c "import tarfile; tarfile.open('in.tar').extractall('out', numeric_owner=True)"
                for link in d/symlink dangling; do touch -h -r tree/$link out/$link; done
                """,
            scripts: [SourceTree.sparse], abilities: []),
    ]

    @Test("other tools unpack the same files", .enabled(if: isRoot), arguments: unpackers)
    func oracles(tool: Unpacker) throws {
        let tree = try SourceTree([SourceTree.plain, SourceTree.largeOwners] + tool.scripts)
        // Written as GNU tar reads the tree, whatever this tool makes of it.
        let pack = "tar -C tree --format=posix -S --xattrs --xattrs-include='*' -cf first.tar ."
        try #require(try run(["sh", "-ec", "cd '\(tree.directory.path)' && \(pack)"]).status == 0)
        let entries = try readArchive(path: tree.directory.file("first.tar"))
        let file = try Files.open(
            KernelPath(tree.directory.file("in.tar")), flags: O_WRONLY | O_CREAT, mode: 0o600)
        try file.write(try written(entries))
        let unpack = try run(
            ["sh", "-ec", "cd '\(tree.directory.path)'; mkdir out; \(tool.command); rm -rf tree; mv out tree"],
            environment: ["LC_ALL": "C.UTF-8"])
        try #require(unpack.status == 0, "\(unpack.errors.suffix(600))")
        let unpacked = try SourceTree(collecting: tree.directory)
        unpacked.expect(entries, tool.abilities)
    }
}

/// A file with anything that tar can carry.
enum RandomEntry {
    static func make(_ index: Int, using random: inout SplitMix) -> ReadEntry {
        let kinds: [FileKind] = [
            .regular, .regular, .regular, .directory, .symlink, .characterDevice, .blockDevice, .fifo,
        ]
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &random)]
        var attributes = Attributes(
            kind: kind, permissions: UInt16.random(in: 0...0o7777, using: &random),
            uid: number(using: &random), gid: number(using: &random), modified: time(using: &random))
        if kind == .characterDevice || kind == .blockDevice {
            attributes.device = DeviceNumber(
                major: .random(in: 1..<1 << 12, using: &random), minor: .random(in: 0..<1 << 20, using: &random))
        }
        attributes.xattrs = xattrs(on: kind, using: &random)
        // Names differ, so that no link is to itself.
        let path = BytePath(path(using: &random).names + [ByteName("\(index)")])
        if kind == .symlink {
            let target = name(upTo: 4095, using: &random)
            attributes.size = UInt64(target.count)
            return ReadEntry(
                entry: TarEntry(path: path, attributes: attributes, symlinkTarget: target), body: [])
        }
        guard kind == .regular else { return ReadEntry(entry: TarEntry(path: path, attributes: attributes), body: []) }
        if Int.random(in: 0..<4, using: &random) == 0 {
            let entry = TarEntry(path: path, attributes: attributes, hardLinkTarget: self.path(using: &random))
            return ReadEntry(entry: entry, body: [])
        }
        var body = noise(Int.random(in: 0...3000, using: &random), using: &random)
        if Bool.random(using: &random) {
            var start = 0
            while start < body.count {
                let hole = Int.random(in: start...body.count, using: &random)
                let end = Int.random(in: hole...body.count, using: &random)
                if end == hole { break }
                attributes.holes.append(UInt64(hole)..<UInt64(end))
                for offset in hole..<end { body[offset] = 0 }
                start = end + 1
            }
        }
        attributes.size = UInt64(body.count)
        return ReadEntry(entry: TarEntry(path: path, attributes: attributes), body: body)
    }

    private static func number(using random: inout SplitMix) -> UInt32 {
        [0, 1000, 2_097_151, 2_097_152, .max - 1, UInt32.random(in: 0..<1 << 31, using: &random)].randomElement(
            using: &random) ?? 0
    }

    private static func time(using random: inout SplitMix) -> Timestamp {
        let seconds: [Int64] = [0, -1, 1_700_000_000, (1 << 33) - 1, 1 << 33, -5_000_000_000, -(1 << 62)]
        let nanoseconds: [UInt32] = [0, 0, 1, 500_000_000, 999_999_999, 120_000_000]
        return Timestamp(
            seconds: seconds.randomElement(using: &random) ?? 0,
            nanoseconds: nanoseconds.randomElement(using: &random) ?? 0)
    }

    private static func xattrs(on kind: FileKind, using random: inout SplitMix) -> [ExtendedAttribute] {
        let isPlain = kind == .regular || kind == .directory
        let names: [ByteName] =
            isPlain
            ? [
                "security.capability", "system.posix_acl_access", "user.%25=%3D%", "user.a=b", "user.empty",
                "user.\u{e9}",
            ]
            : ["trusted.t", "trusted.x=y"]
        return names.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }.map { name in
            let value = name == "user.empty" ? [] : noise(Int.random(in: 1...70, using: &random), using: &random)
            return ExtendedAttribute(name: name, value: value)
        }
    }

    /// Bytes without NUL.
    private static func name(upTo limit: Int, using random: inout SplitMix) -> [UInt8] {
        let sizes = [1, 8, 99, 100, 101, limit].filter { $0 <= limit }
        let count = sizes.randomElement(using: &random) ?? 1
        if Bool.random(using: &random) { return [UInt8](repeating: 0x61, count: count) }
        return noise(count, using: &random).map { $0 == 0 ? 1 : $0 }
    }

    private static func path(using random: inout SplitMix) -> BytePath {
        BytePath(
            (0..<Int.random(in: 1...3, using: &random)).map { _ in
                ByteName(name(upTo: 255, using: &random).map { $0 == 0x2f || $0 == 0x2e ? 0x5f : $0 })
            })
    }
}
