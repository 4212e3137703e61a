import Glibc
import Linux
import Model
import Testbed
import Testing

@Suite("Detached mounts", .enabled(if: isRoot))
struct MountTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory("mounts")
        for name in ["lower/sub", "upper", "work", "pool"] { try Files.makeDirectories(directory.file(name)) }
        try write("lower/file", "below")
    }

    private func write(_ name: String, _ text: String) throws {
        let file = try Files.open(KernelPath(directory.file(name)), flags: O_WRONLY | O_CREAT, mode: 0o644)
        try file.write(Array(text.utf8))
    }

    private func open(_ name: String) throws -> Descriptor {
        try Files.openDirectory(KernelPath(directory.file(name)))
    }

    private func text(_ path: KernelPath, in mount: borrowing Descriptor) throws -> String {
        String(decoding: try Files.open(path, in: mount.reference, flags: O_RDONLY).readAll(), as: UTF8.self)
    }

    private func image() throws -> KernelPath {
        let image = directory.file("image")
        #expect(try Testbed.run(["mkfs.erofs", "--quiet", image, directory.file("lower")]).status == 0)
        return KernelPath(image)
    }

    @Test("of an EROFS image show its files and take no changes")
    func erofs() throws {
        let mount = try Mounts.erofs(try image())
        #expect(try text("file", in: mount) == "below")
        let error = #expect(throws: SystemError.self) {
            try Files.makeDirectory("new", in: mount.reference)
        }
        #expect(error?.errno == .readOnly)
    }

    @Test("stack directories and send changes to the upper one")
    func overlay() throws {
        let (lower, upper, work) = (try Held(open("lower")), try Held(open("upper")), try Held(open("work")))
        let mount = try Mounts.overlay(
            OverlayLayers(lower: [lower.reference], writable: (upper.reference, work.reference)))
        #expect(try text("file", in: mount) == "below")
        try Files.makeDirectory("new", in: mount.reference)
        #expect(try Files.exists(KernelPath(directory.file("upper/new"))))
        // redirect_dir=on: a directory from below can be renamed, as its copy points back at it.
        try Files.rename("sub", in: mount.reference, to: "moved", in: mount.reference)
        let redirect = try Xattrs.value(of: "trusted.overlay.redirect", "moved", in: upper.reference)
        #expect(redirect == Array("sub".utf8))
    }

    @Test("show bodies from a data-only layer, and are not changed without an upper one")
    func dataOnly() throws {
        try write("pool/body", "in the pool")
        try Testbed.run([
            "sh", "-c",
            """
            cd '\(directory.path)/lower' && truncate -s 11 far && chmod 644 far &&
            setfattr -n trusted.overlay.metacopy far && setfattr -n trusted.overlay.redirect -v /body far
            """,
        ])
        let (lower, pool) = (try Held(Mounts.erofs(try image())), try Held(open("pool")))
        let mount = try Mounts.overlay(OverlayLayers(lower: [lower.reference], data: [pool.reference]))
        #expect(try text("far", in: mount) == "in the pool")
        #expect(throws: SystemError.self) { try Files.makeDirectory("new", in: mount.reference) }
    }

    @Test("tell what the kernel says when it refuses")
    func refusal() throws {
        let lower = try Held(open("lower"))
        let error = #expect(throws: SystemError.self) {
            _ = try Mounts.overlay(OverlayLayers(lower: [lower.reference]), options: [("nonsense", "1")])
        }
        #expect(error?.errno == .invalid)
        #expect(error?.description.contains("Unknown parameter 'nonsense'") == true)
    }

    @Test("of a bound tree are read-only below too")
    func bind() throws {
        let mount = try Mounts.bind(KernelPath(directory.file("lower")))
        try Mounts.setAttributes(mount, set: .readOnly, recursive: true)
        #expect(try text("file", in: mount) == "below")
        #expect(throws: SystemError.self) { try Files.makeDirectory("sub/new", in: mount.reference) }
        try Files.makeDirectory(KernelPath(directory.file("lower/sub/new")))
    }

    @Test("are attached and taken away again")
    func attach() throws {
        let place = KernelPath(directory.file("pool"))
        let mount = try Mounts.tmpfs([("mode", "0701")])
        try Mounts.attach(mount, at: place)
        #expect(try Files.status(place).permissions == 0o701)
        try Mounts.detach(place)
        #expect(try Files.status(place).permissions == 0o755)
    }

    @Test("and what the kernel can do are found out by trying")
    func features() throws {
        let here = try Files.openDirectory(KernelPath(directory.path))
        let features = KernelFeatures.probe(in: here)
        #expect(features.erofs == .available)
        #expect(features.dataOnlyLayers == .available)
        #expect(features.layersByDescriptor == .available)
        // On /proc no file can be made, so nothing works there, and the reason is told.
        let nowhere = try Files.openDirectory("/proc")
        guard case .unavailable(let reason, _) = KernelFeatures.probe(in: nowhere).erofs else {
            Issue.record("nothing was tried")
            return
        }
        #expect(!reason.isEmpty)
    }
}

/// A descriptor that a tuple can hold.
private final class Held {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    var reference: DirectoryReference { descriptor.reference }
}
