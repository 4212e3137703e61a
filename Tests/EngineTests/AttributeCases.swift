import Glibc
import Linux
import Model
import Testbed

/// One of the things that a commit must keep (design.md, section 2).
struct AttributeCase: Sendable {
    let name: String
    /// Relative to the root, the files that are looked at.
    let paths: [[UInt8]]
    /// Makes them; given the root as a path of the host. The directory `c` is there.
    let make: @Sendable (String) throws -> Void
    /// Whether what was made is what the case is about, by what is seen of its paths.
    let isMeant: @Sendable ([Seen]) -> Bool

    init(
        _ name: String, _ paths: [String], _ make: @escaping @Sendable (String) throws -> Void,
        _ isMeant: @escaping @Sendable ([Seen]) -> Bool
    ) {
        self.init(name, bytes: paths.map { Array($0.utf8) }, make, isMeant)
    }

    init(
        _ name: String, bytes: [[UInt8]], _ make: @escaping @Sendable (String) throws -> Void,
        _ isMeant: @escaping @Sendable ([Seen]) -> Bool
    ) {
        self.name = name
        paths = bytes
        self.make = make
        self.isMeant = isMeant
    }
}

/// What the host sees of a file.
struct Seen: Equatable, Sendable {
    var attributes: Attributes
    var target: [UInt8]?
    var body: [UInt8]?
    var links: UInt32
    /// Which of the files that were looked at together it is the same inode as: the first one's place.
    var sameAs: Int

    static func look(_ paths: [[UInt8]], in root: String) throws -> [Seen] {
        var inodes: [UInt64] = []
        return try paths.map { path in
            let kernelPath = KernelPath(Array("\(root)/".utf8) + path)
            let status = try Files.status(kernelPath)
            var attributes = Attributes(
                kind: status.kind, permissions: status.permissions, uid: status.uid, gid: status.gid,
                modified: status.modified, size: status.kind == .directory ? 0 : status.size,
                xattrs: try Xattrs.all(kernelPath, in: .current))
            attributes.device = [.characterDevice, .blockDevice].contains(status.kind) ? status.device : nil
            var body: [UInt8]?
            if status.kind == .regular {
                let file = try Files.open(kernelPath, flags: O_RDONLY)
                body = try file.readAll()
                attributes.holes = try file.holes(size: status.size)
            }
            inodes.append(status.inode)
            return Seen(
                attributes: attributes,
                target: status.kind == .symlink ? try Files.readLink(kernelPath) : nil, body: body,
                links: status.kind == .directory ? 0 : status.linkCount,
                sameAs: inodes.firstIndex(of: status.inode) ?? -1)
        }
    }
}

extension AttributeCase {
    private static func file(_ root: String, _ path: some Sequence<UInt8>, _ text: String = "text\n") throws {
        let file = try Files.open(
            KernelPath(Array("\(root)/".utf8) + path), flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        try file.write(Array(text.utf8))
    }

    private static func setXattr(_ root: String, _ path: String, _ name: ByteName, _ value: [UInt8]) throws {
        let directory = try Files.openDirectory(KernelPath("\(root)/c"))
        try Xattrs.set(ExtendedAttribute(name: name, value: value), KernelPath(path), in: directory.reference)
    }

    private static func timed(_ name: String, _ path: String, _ time: Timestamp) -> AttributeCase {
        AttributeCase(
            name, ["c/\(path)"],
            {
                try file($0, "c/\(path)".utf8)
                try Files.setModified(KernelPath("\($0)/c/\(path)"), time)
            }, { $0[0].attributes.modified == time })
    }

    private static func named(_ name: String, _ bytes: [UInt8]) -> AttributeCase {
        AttributeCase(
            name, bytes: [Array("c/".utf8) + bytes], { try file($0, Array("c/".utf8) + bytes) },
            { $0[0].body == Array("text\n".utf8) })
    }

    private static func node(_ name: String, _ path: String, _ mode: UInt32, _ device: DeviceNumber) -> AttributeCase {
        AttributeCase(
            name, ["c/\(path)"],
            {
                let directory = try Files.openDirectory(KernelPath("\($0)/c"))
                try Files.makeNode(KernelPath(path), in: directory.reference, mode: mode | 0o640, device: device)
            }, { $0[0].attributes.kind.modeBits == mode && $0[0].attributes.device ?? device == device })
    }

    private static let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    private static let none = DeviceNumber(major: 0, minor: 0)

    static let all: [AttributeCase] =
        attributes + links + [
            node("FIFOs", "fifo", S_IFIFO, none), node("sockets", "socket", S_IFSOCK, none),
            node("character devices", "null", S_IFCHR, DeviceNumber(major: 1, minor: 3)),
            node("block devices", "loop", S_IFBLK, DeviceNumber(major: 7, minor: 300)),
            timed("nanosecond mtimes", "ns", Timestamp(seconds: 1_600_000_000, nanoseconds: 123_456_789)),
            timed("mtimes before 1970", "old", Timestamp(seconds: -86_400, nanoseconds: 7)),
            named("names that are not UTF-8", [0xff, 0xfe, 0x41]), named("names with newlines", Array("a\nb".utf8)),
            named("names beginning .wh.", Array(".wh.gone".utf8)),
            named("names of 255 bytes", [UInt8](repeating: 0x6e, count: 255)),
        ] + directories + bodies

    private static let attributes = [
        AttributeCase(
            "user xattrs", ["c/x"],
            {
                try file($0, "c/x".utf8)
                try setXattr($0, "x", "user.note", [0, 255, 10])
            }, { $0[0].attributes.xattrs == [ExtendedAttribute(name: "user.note", value: [0, 255, 10])] }),
        AttributeCase(
            "file capabilities", ["c/cap"],
            {
                try file($0, "c/cap".utf8)
                try setXattr($0, "cap", "security.capability", capability)
            }, { $0[0].attributes.xattrs.map(\.value) == [capability] }),
        AttributeCase(
            "POSIX ACLs", ["c/acl", "c/acldir"],
            {
                try file($0, "c/acl".utf8)
                try Files.makeDirectory(KernelPath("\($0)/c/acldir"))
                try run(["setfacl", "-m", "u:1000:rwx", "\($0)/c/acl"])
                try run(["setfacl", "-d", "-m", "g:1000:rx", "\($0)/c/acldir"])
            }, { $0.map(\.attributes.xattrs.count) == [1, 1] }),
        AttributeCase(
            "owner, setuid, setgid and sticky", ["c/suid", "c/sgid", "c/sticky"],
            {
                try file($0, "c/suid".utf8)
                try file($0, "c/sgid".utf8)
                try Files.makeDirectory(KernelPath("\($0)/c/sticky"))
                for name in ["suid", "sgid", "sticky"] {
                    try Files.setOwner(KernelPath("\($0)/c/\(name)"), uid: 1234, gid: 70_000)
                }
                try Files.setPermissions(KernelPath("\($0)/c/suid"), 0o4755)
                try Files.setPermissions(KernelPath("\($0)/c/sgid"), 0o2711)
                try Files.setPermissions(KernelPath("\($0)/c/sticky"), 0o1777)
            },
            {
                $0.map(\.attributes.permissions) == [0o4755, 0o2711, 0o1777]
                    && $0.allSatisfy { $0.attributes.uid == 1234 && $0.attributes.gid == 70_000 }
            }),
    ]

    private static let links = [
        AttributeCase(
            "hard links in a directory", ["c/l1", "c/l2"],
            {
                try file($0, "c/l1".utf8)
                try Files.link(KernelPath("\($0)/c/l1"), to: KernelPath("\($0)/c/l2"))
            }, { $0.map(\.sameAs) == [0, 0] && $0[0].links == 2 }),
        AttributeCase(
            "hard links across directories", ["c/m1", "c/other/m2"],
            {
                try file($0, "c/m1".utf8)
                try Files.makeDirectory(KernelPath("\($0)/c/other"))
                try Files.link(KernelPath("\($0)/c/m1"), to: KernelPath("\($0)/c/other/m2"))
            }, { $0.map(\.sameAs) == [0, 0] && $0[0].links == 2 }),
        AttributeCase(
            "hard links to files of the base", ["data/large", "c/large", "data/small", "c/small"],
            {
                try Files.link(KernelPath("\($0)/data/large"), to: KernelPath("\($0)/c/large"))
                try Files.link(KernelPath("\($0)/data/small"), to: KernelPath("\($0)/c/small"))
            }, { $0.map(\.sameAs) == [0, 0, 2, 2] && $0[0].body?.count == 100_000 && $0[2].body?.count == 6 }),
    ]

    private static let directories = [
        AttributeCase(
            ".git directories", ["c/.git", "c/.git/config", "c/.GIT", "c/git~1", "c/.varve"],
            {
                try Files.makeDirectory(KernelPath("\($0)/c/.git"))
                for path in ["c/.git/config", "c/.GIT", "c/git~1", "c/.varve"] { try file($0, path.utf8) }
            }, { $0[0].attributes.kind == .directory && $0[1].body != nil }),
        AttributeCase(
            "empty directories", ["c/empty"], { try Files.makeDirectory(KernelPath("\($0)/c/empty"), mode: 0o710) },
            { $0[0].attributes.kind == .directory && $0[0].attributes.permissions == 0o710 }),
    ]

    private static let longTarget = [UInt8](repeating: 0x74, count: 4095)

    private static let bodies = [
        AttributeCase(
            "symlinks of 4095 bytes", ["c/symlink"],
            { try Files.makeSymlink(KernelPath("\($0)/c/symlink"), target: KernelPath(longTarget)) },
            { $0[0].target == longTarget }),
        AttributeCase(
            "sparse files", ["c/sparse", "c/hole", "c/little"],
            { root in
                for (name, size, data) in [("sparse", 1 << 20, 500_000), ("hole", 300_000, -1), ("little", 12_288, 0)] {
                    let file = try Files.open(
                        KernelPath("\(root)/c/\(name)"), flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
                    ftruncate(file.raw, off_t(size))
                    if data >= 0 { pwrite(file.raw, "data", 4, off_t(data)) }
                }
            },
            {
                $0.map(\.attributes.holes.count) == [2, 1, 1] && $0[0].body?.count == 1 << 20
                    && $0[0].body?[500_000] == 0x64
            }),
    ]
}
