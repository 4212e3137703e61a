import Glibc
import Linux
import Model
import Testbed

/// Changes the files below a directory at random, with everything that a program could do to them.
struct RandomOperations {
    let top: String
    var generator: SplitMix
    /// What was done, to be shown when a property fails.
    private(set) var log: [String] = []

    /// Times move by steps that are not the clock's, so that nothing is equal by chance.
    private var clock: Int64 = 1_600_000_000

    init(in top: String, seed: UInt64) {
        self.top = top
        generator = SplitMix(seed: seed)
    }

    mutating func perform(_ count: Int) throws {
        for _ in 0..<count {
            // Some of it can't succeed, such as moving a directory into itself: that is no failure.
            do { try step() } catch let error as SystemError { log.append("  \(error)") }
        }
    }

    // MARK: Choosing

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

    private static let names: [ByteName] = [
        "a", "b", "c", "d", ".git", ".wh.a", "x y", "n\nl", ByteName([0xff, 0xfe]), "git~1", ".varve", "z",
    ]

    private func kernel(_ path: BytePath) -> KernelPath { KernelPath(Array(top.utf8) + path.bytes) }

    private func kind(_ path: BytePath) throws -> FileKind { try Files.status(kernel(path)).kind }

    /// A file or directory that exists; now and then the root.
    private mutating func existing() throws -> BytePath {
        var path = BytePath.root
        while true {
            let names = try Files.names(in: try Files.openDirectory(kernel(path))).sorted()
            if names.isEmpty { return path }
            path = path.appending(names[pick(names.count)])
            if try kind(path) != .directory || pick(3) == 0 { return path }
        }
    }

    private mutating func existing(_ wanted: FileKind) throws -> BytePath {
        for _ in 0..<8 {
            let path = try existing()
            if try kind(path) == wanted { return path }
        }
        return wanted == .directory ? .root : try existing()
    }

    /// A path that may not exist, in a directory that does.
    private mutating func fresh() throws -> BytePath {
        let parent = try existing(.directory)
        return parent.appending(Self.names[pick(Self.names.count)])
    }

    private mutating func content() -> [UInt8] {
        let sizes = [0, 1, 100, 5000, 20000]
        return randomBytes(sizes[pick(sizes.count)], &generator)
    }

    // MARK: Doing

    private mutating func step() throws {
        let operations: [(inout RandomOperations) throws -> Void] = [
            { try $0.write($0.fresh(), flags: O_CREAT) },
            { try $0.write($0.fresh(), flags: O_CREAT) },
            { try $0.write($0.existing(.regular), flags: O_TRUNC) },
            { try $0.write($0.existing(.regular), flags: O_APPEND) },
            { try $0.truncate($0.existing(.regular)) },
            { try $0.changeMode($0.existing()) },
            { try $0.changeOwner($0.existing()) },
            { try $0.changeXattr($0.existing()) },
            { try $0.changeTime($0.existing()) },
            { try $0.open($0.existing(.regular)) },
            { try $0.rename($0.existing(.regular), to: $0.fresh()) },
            { try $0.rename($0.existing(.directory), to: $0.fresh()) },
            { try $0.rename($0.existing(), to: $0.existing()) },
            { try $0.rename($0.existing(), to: $0.existing(), flags: 2) },
            { try $0.link($0.existing(.regular), $0.fresh()) },
            { try $0.link($0.existing(), $0.fresh()) },
            { try $0.remove($0.existing()) },
            { try $0.removeAll($0.existing()) },
            { try $0.replaceByDirectory($0.existing()) },
            { try $0.replaceByFile($0.existing()) },
            { try $0.makeDirectory($0.fresh()) },
            { try $0.makeDirectory($0.fresh()) },
            { try $0.makeSymlink($0.fresh()) },
            { try $0.makeNode($0.fresh()) },
        ]
        try operations[pick(operations.count)](&self)
    }

    private mutating func write(_ path: BytePath, flags: Int32) throws {
        log.append("write \(path) flags \(flags)")
        let file = try Files.open(
            kernel(path), flags: O_WRONLY | O_NOFOLLOW | O_NONBLOCK | flags, mode: flags == O_CREAT ? 0o644 : 0)
        guard try file.status().kind == .regular else { return }
        try file.write(content())
    }

    private mutating func open(_ path: BytePath) throws {
        log.append("open \(path)")
        _ = try Files.open(kernel(path), flags: O_WRONLY | O_NOFOLLOW | O_NONBLOCK)
    }

    private mutating func truncate(_ path: BytePath) throws {
        log.append("truncate \(path)")
        let file = try Files.open(kernel(path), flags: O_WRONLY | O_NOFOLLOW | O_NONBLOCK)
        let raw = file.raw, size = pick(40000)
        try system("truncate", "") { ftruncate(raw, size) }
    }

    private mutating func changeMode(_ path: BytePath) throws {
        log.append("chmod \(path)")
        guard try kind(path) != .symlink else { return }
        try Files.setPermissions(kernel(path), UInt16(pick(0o10000)))
    }

    private mutating func changeOwner(_ path: BytePath) throws {
        log.append("chown \(path)")
        try Files.setOwner(kernel(path), uid: UInt32(pick(5)), gid: UInt32(pick(70000)))
    }

    private mutating func changeXattr(_ path: BytePath) throws {
        let names: [ByteName] = [
            "user.note", "user.other", "trusted.mine", "trusted.overlay.opaque", "trusted.overlay.redirect",
            "trusted.overlay.overlay.metacopy", "security.capability", "system.posix_acl_access",
        ]
        let name = names[pick(names.count)]
        log.append("setfattr \(name) \(path)")
        if pick(4) == 0 { return try Xattrs.remove(name, kernel(path), in: .current) }
        let value: [UInt8] =
            switch name {
            case "security.capability": [1, 0, 0, 2, 0x20, 0, 0, 0] + [UInt8](repeating: 0, count: 12)
            case "system.posix_acl_access": accessList(uid: UInt8(pick(200)))
            default: randomBytes(pick(50), &generator)
            }
        try Xattrs.set(ExtendedAttribute(name: name, value: value), kernel(path), in: .current)
    }

    private mutating func changeTime(_ path: BytePath) throws {
        log.append("touch -d \(path)")
        clock += 1
        let seconds = pick(4) == 0 ? -clock : clock
        try Files.setModified(kernel(path), Timestamp(seconds: seconds, nanoseconds: UInt32(pick(1_000_000_000))))
    }

    private mutating func rename(_ old: BytePath, to new: BytePath, flags: UInt32 = 0) throws {
        if old.isRoot || new.isRoot { return }
        log.append("rename \(old) to \(new) flags \(flags)")
        try Files.rename(kernel(old), to: kernel(new), flags: flags)
    }

    private mutating func link(_ old: BytePath, _ new: BytePath) throws {
        log.append("link \(old) \(new)")
        try Files.link(kernel(old), to: kernel(new))
    }

    private mutating func remove(_ path: BytePath) throws {
        if path.isRoot { return }
        log.append("remove \(path)")
        if try kind(path) == .directory {
            try Files.removeDirectory(kernel(path))
        } else {
            try Files.remove(kernel(path))
        }
    }

    private mutating func removeAll(_ path: BytePath) throws {
        if path.isRoot { return }
        if try kind(path) == .directory {
            for name in try Files.names(in: try Files.openDirectory(kernel(path))) {
                try removeAll(path.appending(name))
            }
        }
        try remove(path)
    }

    private mutating func replaceByDirectory(_ path: BytePath) throws {
        if path.isRoot { return }
        try removeAll(path)
        try makeDirectory(path)
        if pick(2) == 0 { try write(path.appending("a"), flags: O_CREAT) }
        if pick(3) == 0 { try makeDirectory(path.appending("b")) }
    }

    private mutating func replaceByFile(_ path: BytePath) throws {
        if path.isRoot { return }
        try removeAll(path)
        try write(path, flags: O_CREAT)
    }

    private mutating func makeDirectory(_ path: BytePath) throws {
        log.append("mkdir \(path)")
        try Files.makeDirectory(kernel(path))
    }

    private mutating func makeSymlink(_ path: BytePath) throws {
        log.append("symlink \(path)")
        try Files.makeSymlink(kernel(path), target: KernelPath("nowhere/\(pick(9))"))
    }

    private mutating func makeNode(_ path: BytePath) throws {
        let kinds: [FileKind] = [.fifo, .socket, .characterDevice, .blockDevice]
        let kind = kinds[pick(kinds.count)]
        log.append("mknod \(path)")
        let device = DeviceNumber(major: UInt32(1 + pick(300)), minor: UInt32(pick(70000)))
        try Files.makeNode(kernel(path), mode: kind.modeBits | 0o600, device: device)
    }
}

/// An ACL as the kernel takes it (linux/posix_acl_xattr.h): version 2, then tag, permissions and id of each entry.
func accessList(uid: UInt8) -> [UInt8] {
    let none: [UInt8] = [255, 255, 255, 255]
    var bytes: [UInt8] = [2, 0, 0, 0]
    bytes += [1, 0, 6, 0] + none
    bytes += [2, 0, 7, 0, uid, 0, 0, 0]
    bytes += [4, 0, 4, 0] + none
    bytes += [16, 0, 7, 0] + none
    bytes += [32, 0, 0, 0] + none
    return bytes
}
