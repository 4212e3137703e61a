import Glibc
import Linux
import Testbed
import Testing

@Suite("A user namespace without a process", .enabled(if: isRoot))
struct UserNamespaceTests {
    private static let first: UInt32 = 0x5000_0000
    private let directory: TemporaryDirectory
    private let owners: UserNamespace

    init() throws {
        directory = try TemporaryDirectory("ids")
        let ranges = [IDRange(container: 0, host: Self.first, size: 65536)]
        owners = try UserNamespace(users: ranges, groups: ranges)
        for name in ["layer", "layer/upper", "layer/work", "lower", "data"] {
            try Files.makeDirectory(KernelPath(directory.file(name)))
        }
    }

    private func mapped(_ name: String) throws -> Descriptor {
        let mount = try Mounts.bind(KernelPath(directory.file(name)), recursive: false)
        try owners.map(mount)
        return mount
    }

    private func owner(_ name: KernelPath, in place: borrowing Descriptor) throws -> [UInt32] {
        let status = try Files.status(name, in: place.reference)
        return [status.uid, status.gid]
    }

    @Test("maps a mount: on the disk the ids stay, on the mount they are others, and of nobody who is not mapped")
    func mount() throws {
        let disk = try Files.openDirectory(KernelPath(directory.file("lower")))
        for (name, id) in [("root", UInt32(0)), ("user", 1000), ("far", 70000)] {
            let path = KernelPath(name)
            try Files.makeNode(path, in: disk.reference, mode: UInt32(S_IFREG) | 0o600)
            try Files.setOwner(path, in: disk.reference, uid: id, gid: id)
        }
        let mount = try mapped("lower")
        #expect(try owner("root", in: mount) == [Self.first, Self.first])
        #expect(try owner("user", in: mount) == [Self.first + 1000, Self.first + 1000])
        #expect(try owner("far", in: mount) == [65534, 65534])
        #expect(try owner("user", in: disk) == [1000, 1000])
    }

    @Test("makes files as its root, and only as somebody of its own where it maps")
    func making() throws {
        let disk = try Files.openDirectory(KernelPath(directory.file("lower")))
        let mount = try mapped("lower")
        let error = #expect(throws: SystemError.self) { try Files.makeDirectory("x", in: mount.reference) }
        #expect(error?.errno.rawValue == EOVERFLOW)
        try owners.makingAsRoot {
            try Files.makeDirectory("x", in: mount.reference)
            // It can still do what root can.
            try Files.setOwner("x", in: mount.reference, uid: Self.first + 7, gid: Self.first + 8)
        }
        #expect(try owner("x", in: disk) == [7, 8])
        struct Failure: Error {}
        #expect(throws: Failure.self) { try owners.makingAsRoot { throw Failure() } }
        try Files.makeDirectory("y", in: disk.reference)
        #expect(try owner("y", in: disk) == [0, 0])
    }

    @Test("lets overlayfs keep in the upper directory the ids of the inside")
    func overlay() throws {
        let below = try Files.openDirectory(KernelPath(directory.file("lower")))
        for name in ["changed", "removed"] as [KernelPath] {
            try Files.makeNode(name, in: below.reference, mode: UInt32(S_IFREG) | 0o644)
            try Files.setOwner(name, in: below.reference, uid: 5, gid: 6)
        }
        let lower = try mapped("lower")
        let data = try mapped("data")
        let layer = try mapped("layer")
        let upper = try Files.openDirectory("upper", in: layer.reference)
        let work = try Files.openDirectory("work", in: layer.reference)
        let layers = OverlayLayers(
            lower: [lower.reference], data: [data.reference], writable: (upper.reference, work.reference))
        let root = try owners.makingAsRoot { try Mounts.overlay(layers) }
        try owners.makingAsRoot {
            try Files.makeDirectory("made", in: root.reference)
            try Files.setPermissions("changed", in: root.reference, 0o600)
            try Files.remove("removed", in: root.reference)
        }
        let disk = try Files.openDirectory(KernelPath(directory.file("layer/upper")))
        #expect(try owner("made", in: disk) == [0, 0])
        #expect(try owner("changed", in: disk) == [5, 6])
        #expect(try Files.status("removed", in: disk.reference).isWhiteout)
    }

    @Test("needs a root, and ranges that the kernel takes")
    func refusals() throws {
        let without = [IDRange(container: 1, host: 5, size: 10)]
        #expect(throws: SystemError.self) { try UserNamespace(users: without, groups: without) }
        let twice = [IDRange(container: 0, host: 5, size: 10), IDRange(container: 5, host: 50, size: 10)]
        #expect(throws: SystemError.self) { try UserNamespace(users: twice, groups: twice) }
    }

    @Test("can't map what has no owners to map")
    func unmappable() throws {
        let mount = try Mounts.bind("/proc/self", recursive: false)
        let error = #expect(throws: SystemError.self) { try owners.map(mount) }
        #expect(error?.errno == .invalid)
    }

    @Test("of others is looked at by a process that nobody in it can look into")
    func hidden() throws {
        // It has all capabilities there, and sees all processes. Those that it may look into tell their program.
        let script = """
            import os
            print("ready", flush=True)
            own, seen, last = os.readlink("/proc/self/ns/user"), set(), 0
            while not os.path.exists("stop"):
                for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
                    if pid == os.getpid(): continue
                    try:
                        if os.readlink(f"/proc/{pid}/ns/user") == own: seen.add(os.readlink(f"/proc/{pid}/exe"))
                    except OSError: pass
            print(*seen, sep="\\n", flush=True)
            """
        try Files.open(KernelPath(directory.file("peek.py")), flags: O_WRONLY | O_CREAT, mode: 0o600)
            .write(Array(script.utf8))
        let said = directory.file("said")
        var pid: pid_t = 0
        let words = ["unshare", "-U", "-r", "sh", "-c", "cd '\(directory.path)' && exec python3 peek.py >said"]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        #expect(posix_spawnp(&pid, "unshare", nil, nil, arguments, environ) == 0)
        func text() throws -> String {
            String(decoding: try Files.contentsIfPresent(said) ?? [], as: UTF8.self)
        }
        try GroupBox.wait { try text().hasPrefix("ready\n") }
        let theirs = try Files.open(KernelPath("/proc/\(pid)/ns/user"), flags: O_RDONLY)
        for _ in 0..<200 { _ = try UserNamespace.ids(in: theirs) }
        try Files.makeDirectory(KernelPath(directory.file("stop")))
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid && status == 0)
        #expect(try text() == "ready\n\n")
    }
}
