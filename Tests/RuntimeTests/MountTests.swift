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

    @Test(
        "over /proc and in it are refused, also where symlinks lead there",
        arguments: [["proc"], ["proc", "self"], ["proc", "sys", "net"], ["link", "1"], ["over"]])
    func inProc(names: [String]) throws {
        try makeHost()
        try Files.makeSymlink(KernelPath(box.directory.file("root/link")), target: "proc")
        try Files.makeSymlink(KernelPath(box.directory.file("root/over")), target: "/../proc")
        let place = BytePath(names.map { ByteName($0.utf8) })
        for mount in [bind("host", at: place.names), .init("tmpfs", at: place), .init("mqueue", at: place)] {
            let error = #expect(throws: RuntimeError.self) { try box.run(["true"], { $0.mounts.append(mount) }) }
            #expect(
                error?.kind == .refused && error?.subject == place.displayed, "\(mount): \(error.map { "\($0)" } ?? "")"
            )
        }
    }

    @Test("over files of /proc that lxcfs has its own for, proc itself, and the host's /dev and /sys are made")
    func besideProc() throws {
        try Files.replace(box.directory.file("info"), with: Array("of lxcfs\n".utf8))
        let outcome = try box.sh("cat /proc/meminfo; ls -d /sys/kernel /proc/self") {
            $0.mounts.append(bind("info", at: ["proc", "meminfo"]))
            $0.mounts.append(
                .init("bind", at: BytePath(["sys"]), source: "/sys", options: ["rbind", "ro"]))
        }
        #expect(outcome.output == "of lxcfs\n/proc/self\n/sys/kernel\n")
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
            Specification.Mount("tmpfs", at: BytePath(["x"]), options: ["idmap"]),
            Specification.Mount("bind", at: BytePath(["x"]), source: "/tmp", options: ["bind", "tmpcopyup"]),
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

    @Test(
        "keep access times as asked",
        arguments: [
            ("noatime", "noatime"), ("relatime", "relatime"), ("strictatime", ""), ("nodiratime", "nodiratime"),
        ])
    func accessTimes(option: String, shown: String) throws {
        try makeHost()
        let outcome = try box.sh("grep ' /[vt] ' /proc/self/mountinfo | busybox cut -d' ' -f6") {
            $0.mounts += [
                bind("host", at: ["v"], ["bind", option]), .init("tmpfs", at: BytePath(["t"]), options: [option]),
            ]
        }
        let times: Set = ["noatime", "relatime", "nodiratime"]
        for line in outcome.lines {
            let found = Set(line.split(separator: ",").map(String.init)).intersection(times)
            #expect(shown.isEmpty ? found.isEmpty : found.contains(shown), "\(line)")
        }
        #expect(outcome.lines.count == 2)
    }

    @Test("get other attributes by a remount, and lose no restriction but that of being read-only")
    func remount() throws {
        try makeHost()
        let outcome = try box.sh(
            "grep ' /v ' /proc/self/mountinfo | busybox cut -d' ' -f6; touch /v/new && echo written"
        ) {
            $0.mounts += [
                bind("host", at: ["v"], ["bind", "ro", "noexec"]),
                bind("host", at: ["v"], ["bind", "remount", "rw", "exec", "nosuid"]),
            ]
        }
        let attributes = Set(outcome.lines.first?.split(separator: ",").map(String.init) ?? [])
        #expect(attributes.isSuperset(of: ["rw", "noexec", "nosuid"]) && outcome.lines.last == "written", "\(outcome)")
    }

    @Test("spread as asked: not at all, from the host, and both ways")
    func propagation() throws {
        let shared = box.directory.file("shared")
        try Files.makeDirectories(shared)
        try Testbed.run(["mount", "-t", "tmpfs", "none", shared])
        try Testbed.run(["mount", "--make-shared", shared])
        defer { _ = try? Testbed.run(["umount", "-l", shared]) }
        let places = ["private", "slave", "shared"]
        let outcome = try box.sh("grep -o ' /p-[a-z]* .*' /proc/self/mountinfo | busybox cut -d' ' -f 2,4") {
            for kind in places { $0.mounts.append(bind("shared", at: [ByteName("p-\(kind)")], ["rbind", "r\(kind)"])) }
            $0.mounts.append(.init("tmpfs", at: BytePath(["p-own"]), options: ["shared"]))
        }
        let kinds = outcome.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(kinds.map { $0[0] } == ["/p-private", "/p-slave", "/p-shared", "/p-own"])
        #expect(kinds.map { String($0[1].prefix { $0 != ":" }) } == ["-", "master", "shared", "shared"], "\(outcome)")
    }

    @Test("show other owners where ids are mapped, by their own mapping")
    func mappedIDs() throws {
        try makeHost()
        try Testbed.run(["chown", "7:8", box.directory.file("host/file")])
        let outcome = try box.sh("stat -c '%u %g' /v/file /plain/file") {
            var mapped = bind("host", at: ["v"], ["bind", "idmap"])
            mapped.uidMappings = [IDRange(container: 7, host: 1007, size: 1)]
            mapped.gidMappings = [IDRange(container: 8, host: 1008, size: 1)]
            $0.mounts += [mapped, bind("host", at: ["plain"])]
        }
        #expect(outcome.lines == ["1007 1008", "7 8"])
    }

    @Test("begin with what stood there where a tmpfs is to copy it, links and all")
    func copyUp() throws {
        try Files.makeDirectories(box.directory.file("root/conf/deep"))
        try box.write("root/conf/deep/file", "kept")
        try Files.makeSymlink(KernelPath(box.directory.file("root/conf/link")), target: "/etc/shadow")
        try Testbed.run(["chown", "-h", "5:6", box.directory.file("root/conf/deep/file")])
        try Testbed.run(["chmod", "4750", box.directory.file("root/conf/deep/file")])
        let outcome = try box.sh(
            "cat /conf/deep/file; echo; stat -c '%u %g %a' /conf/deep/file; readlink /conf/link; touch /conf/new || echo fixed"
        ) { $0.mounts.append(.init("tmpfs", at: BytePath(["conf"]), options: ["tmpcopyup", "ro"])) }
        #expect(outcome.lines == ["kept", "5 6 4750", "/etc/shadow", "fixed"])
        #expect(try Files.exists(KernelPath(box.directory.file("upper1/conf"))) == false)
    }

    @Test("start from the bundle where their source is relative, and can be made read-only all the way down")
    func relativeSource() throws {
        try makeHost()
        var specification = Box.specification(["sh", "-c", "test -f /v/file && ! touch /v/x 2>/dev/null"])
        specification.mounts.append(.init("bind", at: BytePath(["v"]), source: "host", options: ["rbind", "rro"]))
        var options = RunOptions()
        options.bundle = ByteName(box.directory.path)
        #expect(try Runtime.run(specification, rootfs: try box.root(), options: options).wait() == 0)
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
