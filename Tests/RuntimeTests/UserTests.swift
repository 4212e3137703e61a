import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A user of the container")
struct UserTests {
    let box: Box
    init() throws { box = try Box() }

    private func find(_ request: String) throws -> UserLookup {
        let root = try box.plainRoot()
        return try UserLookup(request, in: root.reference)
    }

    @Test(
        "is found by name or number, with group, groups and home",
        arguments: [
            ("", UInt32(0), UInt32(0), [UInt32](), "/root"),
            ("root", 0, 0, [], "/root"),
            ("ann", 1000, 1001, [29, 44], "/home/ann"),
            ("1000", 1000, 1001, [29, 44], "/home/ann"),
            ("ann:audio", 1000, 29, [], "/home/ann"),
            ("ann:7", 1000, 7, [], "/home/ann"),
            ("4000", 4000, 0, [], "/"),
            ("4000:4001", 4000, 4001, [], "/"),
            ("ann:", 1000, 1001, [29, 44], "/home/ann"),
        ])
    func known(request: String, uid: UInt32, gid: UInt32, groups: [UInt32], home: String) throws {
        let user = try find(request)
        #expect(user.uid == uid && user.gid == gid)
        #expect(user.additionalGroups == groups)
        #expect(user.home == ByteName(home))
    }

    @Test(
        "that the root does not know is an error",
        arguments: [
            "bob", "ann:nobody", "-1", "+1", "4294967295", "4294967296", "ann:4294967296", "1:1:1",
        ])
    func unknown(request: String) throws {
        #expect(throws: RuntimeError.self) { try find(request) }
    }

    @Test("is found although other lines are no entries")
    func tolerant() throws {
        try box.write("root/etc/passwd", "\n#x:x:1:1\n+\nann:x:abc:1\n:x:5:5\nann\nann:x:12:34\nlast:x:13:35:::")
        #expect(try find("ann").uid == 12)
        #expect(try find("ann").home == "/")
        #expect(try find("last").gid == 35)
    }

    @Test("never opens a device that stands in place of the accounts, and is a number then")
    func device() throws {
        let device = box.directory.file("root/etc/device")
        try Testbed.run(["mknod", device, "c", "1", "3"])
        for name in ["passwd", "group"] {
            try Testbed.run(["ln", "-sf", "device", box.directory.file("root/etc/\(name)")])
        }
        let opened = Descriptor(owning: inotify_init1(Int32(IN_NONBLOCK)))
        #expect(inotify_add_watch(opened.raw, device, UInt32(IN_OPEN)) > 0)
        #expect(try find("12:13").uid == 12)
        let reason = "the container's /etc/passwd can't be read: it is no regular file"
        #expect(throws: RuntimeError(.refused, "find user", "ann", reason)) { try find("ann") }
        var event = [UInt8](repeating: 0, count: 4096)
        #expect(read(opened.raw, &event, event.count) < 0, "something has opened the device")
        _ = try Files.open(KernelPath(device), flags: O_RDONLY)
        #expect(read(opened.raw, &event, event.count) > 0)
    }

    @Test("is a number where there are no such files")
    func withoutFiles() throws {
        try Testbed.run(["rm", "-r", box.directory.file("root/etc")])
        #expect(try find("12:13").gid == 13)
        #expect(throws: RuntimeError.self) { try find("root") }
    }

    @Test("is never looked for outside the root, in a FIFO, or without end", arguments: ["link", "fifo", "large"])
    func hostileFile(kind: String) throws {
        let file = KernelPath(box.directory.file("root/etc/passwd"))
        try Files.remove(file)
        switch kind {
        case "link":
            try box.write("outside", "evil:x:0:0::/:\n")
            try Files.makeSymlink(file, target: KernelPath(box.directory.file("outside")))
        case "fifo": try Files.makeNode(file, mode: UInt32(S_IFIFO) | 0o644)
        default: try Testbed.run(["truncate", "-s", "1G", box.directory.file("root/etc/passwd")])
        }
        #expect(throws: RuntimeError.self) { try find("evil") }
    }
}
