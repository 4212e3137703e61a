import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("Mounts of a container", .enabled(if: isRoot))
struct MountTests {
    let box: Box
    init() throws { box = try Box() }

    private func bind(_ name: String, at destination: [ByteName], _ options: [String] = ["rbind"])
        -> Specification.Mount
    {
        .init("bind", at: BytePath(destination), source: ByteName(box.directory.file(name)), options: options)
    }

    private func makeHost() throws {
        try Files.makeDirectories(box.directory.file("host"))
        try box.write("host/file", "of the host")
    }

    @Test("bring in directories and files of the host, read-only if asked")
    func binds() throws {
        try makeHost()
        let outcome = try box.sh("cat /data/file /one; echo > /data/new; echo > /fixed/new || echo kept") {
            $0.mounts += [
                bind("host", at: ["data"]), bind("host/file", at: ["one"], ["bind"]),
                bind("host", at: ["fixed"], ["rbind", "ro"]),
            ]
        }
        #expect(outcome.output == "of the hostof the hostkept\n")
        #expect(try Files.exists(KernelPath(box.directory.file("host/new"))))
    }

    @Test("are told to the caller where a place for them had to be made, and leave the directory's time alone")
    func madePaths() throws {
        try makeHost()
        let before = try Files.status(KernelPath(box.directory.file("root/etc")))
        let outcome = try box.sh("true") {
            $0.mounts = [
                .init("proc", at: BytePath(["proc"])), bind("host", at: ["srv", "deep"]),
                bind("host/file", at: ["etc", "one"]),
            ]
        }
        #expect(
            outcome.made == [
                MadePath(path: BytePath(["proc"]), kind: .directory),
                MadePath(path: BytePath(["srv"]), kind: .directory),
                MadePath(path: BytePath(["srv", "deep"]), kind: .directory),
                MadePath(path: BytePath(["etc", "one"]), kind: .regular),
            ])
        #expect(try Files.status(KernelPath(box.directory.file("upper1/etc"))).modified == before.modified)
    }

    @Test("go inside each other, also through a symlink into an earlier one")
    func nested() throws {
        try makeHost()
        try Files.makeSymlink(KernelPath(box.directory.file("root/var")), target: "/run/../run/./store")
        let outcome = try box.sh("cat /run/store/inner/file; ls /var/inner") {
            $0.mounts += [.init("tmpfs", at: BytePath(["run"])), bind("host", at: ["var", "inner"])]
        }
        #expect(outcome.output == "of the hostfile\n")
        #expect(outcome.made.allSatisfy { $0.path != BytePath(["run", "store"]) })
    }

    @Test("below a file are refused")
    func belowFile() throws {
        try makeHost()
        #expect(throws: RuntimeError.self) {
            try box.run(["true"], { $0.mounts.append(bind("host", at: ["etc", "passwd", "x"])) })
        }
    }

    @Test(
        "of a kind or with an option that is not known are refused",
        arguments: [
            Specification.Mount("ext4", at: BytePath(["x"])),
            Specification.Mount("tmpfs", at: BytePath(["x"]), options: ["rshared"]),
            Specification.Mount("bind", at: BytePath(["x"]), source: "relative", options: ["bind"]),
            Specification.Mount("bind", at: BytePath(["x"]), source: "/tmp", options: ["bind", "nonsense"]),
            Specification.Mount("tmpfs", at: BytePath(["x"]), options: ["dev"]),
            Specification.Mount("tmpfs", at: BytePath(["x"]), options: ["nonsense=1"]),
        ])
    func refused(mount: Specification.Mount) throws {
        #expect(throws: RuntimeError.self) { try box.run(["true"], { $0.mounts.append(mount) }) }
    }

    @Test("stay inside whatever symlinks the root has", arguments: ["/", "../../../../../../../../../.."])
    func hostileRoot(prefix: String) throws {
        try Files.makeDirectories(box.directory.file("victim"))
        try makeHost()
        let target = prefix + box.directory.file("victim")
        try Testbed.run(["rm", "-rf", box.directory.file("root/etc"), box.directory.file("root/dev")])
        for name in ["etc", "dev"] {
            try Files.makeSymlink(KernelPath(box.directory.file("root/\(name)")), target: KernelPath(target))
        }
        let outcome = try box.sh("cat /etc/inner/file; echo > /dev/null; echo mine > /etc/made") {
            $0.mounts.append(bind("host", at: ["etc", "inner"]))
        }
        #expect(outcome.output == "of the host")
        let victim = try Files.openDirectory(KernelPath(box.directory.file("victim")))
        #expect(try Files.names(in: victim) == [])
    }

    @Test("of /proc and /sys are refused on a symlink", arguments: ["proc", "sys"])
    func hostileProc(name: String) throws {
        try Files.makeDirectories(box.directory.file("victim"))
        try Files.makeSymlink(
            KernelPath(box.directory.file("root/\(name)")), target: KernelPath(box.directory.file("victim")))
        #expect(throws: RuntimeError.self) { try box.run(["true"]) }
        let victim = try Files.openDirectory(KernelPath(box.directory.file("victim")))
        #expect(try Files.names(in: victim) == [])
    }

    @Test("end at a symlink that leads round in a circle")
    func circle() throws {
        try Files.makeSymlink(KernelPath(box.directory.file("root/a")), target: "b")
        try Files.makeSymlink(KernelPath(box.directory.file("root/b")), target: "a")
        let error = #expect(throws: RuntimeError.self) {
            try box.run(["true"], { $0.mounts.append(.init("tmpfs", at: BytePath(["a", "x"]))) })
        }
        #expect(error?.description.contains("symbolic links") == true)
    }

    @Test("over what is of another kind are refused, and say so", arguments: [("host", "passwd"), ("host/file", "")])
    func wrongKind(source: String, name: ByteName) throws {
        try makeHost()
        let place = BytePath(name == "" ? ["etc"] : ["etc", name])
        let error = #expect(throws: RuntimeError.self) {
            try box.run(
                ["true"],
                {
                    $0.mounts.append(
                        .init("bind", at: place, source: ByteName(box.directory.file(source)), options: ["bind"]))
                })
        }
        #expect(error?.description.hasPrefix("prepare mount point: \(place): it") == true, "\(error as Any)")
    }

    @Test("that a failed start has made are told too")
    func madeByFailedStart() throws {
        let error = #expect(throws: RuntimeError.self) {
            try box.run(["nosuch"], { $0.mounts = [.init("tmpfs", at: BytePath(["srv", "deep"]))] })
        }
        #expect(error?.madePaths.map(\.path) == [BytePath(["srv"]), BytePath(["srv", "deep"])])
    }

    @Test(
        "are made in a directory of the host without touching what somebody puts in their place",
        arguments: [true, false])
    func racedPlace(isDirectory: Bool) throws {
        try makeHost()
        try box.write("victim", "private")
        let (place, victim) = (box.directory.file("host/place"), box.directory.file("victim"))
        chmod(victim, 0o600)
        let ended = try Pipe()
        let raw = ended.reader.raw
        _ = fcntl(raw, F_SETFL, O_NONBLOCK)
        let thread = onThread {
            var byte: UInt8 = 0
            while Glibc.read(raw, &byte, 1) < 0 {
                // What was just made becomes a symlink at once.
                if (isDirectory ? rmdir(place) : unlink(place)) == 0 { symlink(victim, place) }
            }
        }
        for _ in 0..<200 {
            unlink(place)
            rmdir(place)
            do {
                _ = try box.run(["true"]) { specification in
                    specification.mounts.append(bind("host", at: ["data"]))
                    specification.mounts.append(
                        isDirectory
                            ? .init("tmpfs", at: BytePath(["data", "place"]))
                            : bind("host/file", at: ["data", "place"], ["bind"]))
                }
            } catch is RuntimeError {}
        }
        try ended.writer.write([0])
        pthread_join(thread, nil)
        #expect(try Files.status(KernelPath(victim)).permissions == 0o600)
    }

    @Test("over an EROFS root leave it as it is")
    func erofsRoot() throws {
        for name in ["proc", "sys", "dev"] { try Files.makeDirectories(box.directory.file("root/\(name)")) }
        let image = box.directory.file("image")
        #expect(try Testbed.run(["mkfs.erofs", "--quiet", image, box.directory.file("root")]).status == 0)
        let process = try Runtime.run(
            Box.specification(["sh", "-c", "test -x /bin/sh && ! touch /x 2>/dev/null"]),
            rootfs: try Mounts.erofs(KernelPath(image)))
        #expect(try process.wait() == 0)
    }
}
