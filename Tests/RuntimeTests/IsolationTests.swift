import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A container is kept apart", .enabled(if: isRoot))
struct IsolationTests {
    let box: Box
    init() throws { box = try Box() }

    @Test("by Docker's capabilities and no more")
    func capabilities() throws {
        let lines = try box.sh("grep -E '^Cap(Eff|Prm|Bnd|Inh|Amb)' /proc/self/status").lines
        #expect(
            lines == [
                "CapInh:\t0000000000000000", "CapPrm:\t00000000a80425fb", "CapEff:\t00000000a80425fb",
                "CapBnd:\t00000000a80425fb", "CapAmb:\t0000000000000000",
            ])
    }

    @Test("by its user, who has no capabilities and the given groups")
    func user() throws {
        let outcome = try box.sh("id -u; id -g; id -G; grep CapEff /proc/self/status") {
            $0.process.user = .init(uid: 1000, gid: 1001, additionalGroups: [29, 44])
        }
        #expect(outcome.lines == ["1000", "1001", "1001 29 44", "CapEff:\t0000000000000000"])
    }

    @Test("by ambient capabilities that a user keeps")
    func ambient() throws {
        let outcome = try box.sh("grep CapEff /proc/self/status") {
            $0.process.user = .init(uid: 1000, gid: 1001)
            let set = CapabilitySet(bits: 1 << 10)
            $0.process.capabilities = .init(
                bounding: set, effective: set, permitted: set, inheritable: set, ambient: set)
        }
        #expect(outcome.lines == ["CapEff:\t0000000000000400"])
    }

    @Test("by masked files and directories, each of them empty and not to be written")
    func masks() throws {
        let paths = Specification.standardMaskedPaths.filter { existsOnHost($0) }
        // A kernel without any of them would prove nothing.
        try #require(paths.contains { isDirectory($0) } && paths.contains { !isDirectory($0) })
        for path in paths {
            let outcome = try box.sh(
                """
                if [ -d \(path) ]; then
                    ls -A \(path) | wc -l; stat -f -c %T \(path); echo > \(path)/x
                else
                    cat \(path) | wc -c; stat -c %t:%T \(path); rm \(path)
                fi
                """)
            #expect(outcome.lines == ["0", isDirectory(path) ? "tmpfs" : "1:3"], "\(path)")
            #expect(outcome.status != 0, "\(path)")
        }
    }

    @Test("by parts of /proc and all of /sys that root can't write")
    func readOnlyPaths() throws {
        let paths = Specification.standardReadonlyPaths.filter { existsOnHost($0) } + [BytePath(["sys"])]
        try #require(paths.count > 2)
        for path in paths {
            let outcome = try box.sh("if [ -d \(path) ]; then touch \(path); else echo h > \(path); fi")
            #expect(outcome.errors.components(containing: "Read-only file system") == 1, "\(path): \(outcome.errors)")
        }
    }

    private func existsOnHost(_ path: BytePath) -> Bool { access(path.displayed, F_OK) == 0 }

    private func isDirectory(_ path: BytePath) -> Bool {
        (try? Files.status(KernelPath(path.bytes)).kind) == .directory
    }

    @Test("by mounts that hold no more than they are for")
    func mountOptions() throws {
        let expected: [(place: String, options: Set<String>)] = [
            ("/", ["nodev"]), ("/proc", ["nosuid", "nodev", "noexec"]), ("/dev", ["nosuid", "nodev"]),
            ("/dev/pts", ["nosuid", "noexec"]), ("/sys", ["ro", "nosuid", "nodev", "noexec"]),
            ("/dev/mqueue", ["nosuid", "nodev", "noexec"]), ("/dev/shm", ["nosuid", "nodev", "noexec"]),
        ]
        let mounts = try box.run(["cat", "/proc/self/mountinfo"]).lines.map {
            $0.split(separator: " ").map(String.init)
        }
        for (place, options) in expected {
            // The topmost mount comes last.
            let found = Set(mounts.last { $0[4] == place }?[5].split(separator: ",").map(String.init) ?? [])
            #expect(found.isSuperset(of: options), "\(place): \(found)")
        }
    }

    @Test("by volumes whose device files can't be opened, and whose programs gain nothing where that is forbidden")
    func volumes() throws {
        let host = box.directory.file("host")
        try Files.makeDirectories(host)
        try Files.makeNode(
            KernelPath("\(host)/null"), mode: UInt32(S_IFCHR) | 0o666, device: DeviceNumber(major: 1, minor: 3))
        try Testbed.run(["cp", "/bin/busybox", "\(host)/cat"])
        try Testbed.run(["setcap", "cap_net_raw+ep", "\(host)/cat"])
        func volume(_ option: String) throws -> Outcome {
            try box.sh("/v/cat /proc/self/status | grep CapEff; echo > /v/null") {
                $0.process.user = .init(uid: 1000, gid: 1000)
                $0.process.capabilities = .init(bounding: .standard)
                $0.mounts.append(
                    .init("bind", at: BytePath(["v"]), source: ByteName(host), options: ["rbind", option]))
            }
        }
        let (free, bound) = (try volume("rw"), try volume("nosuid"))
        #expect(free.lines == ["CapEff:\t0000000000002000"] && bound.lines == ["CapEff:\t0000000000000000"])
        #expect(free.errors.contains("Permission denied") && bound.errors.contains("Permission denied"))
    }

    @Test("by a root that can't be written when so asked")
    func readOnlyRoot() throws {
        let outcome = try box.sh("touch /x; echo > /dev/shm/y && echo > /dev/null && echo fine") {
            $0.root.isReadOnly = true
        }
        #expect(outcome.output == "fine\n")
        #expect(outcome.errors.contains("Read-only file system"))
    }

    @Test("by device files that it can make but not open")
    func devices() throws {
        // 1:3 is the null device, which is harmless should this ever fail.
        let script = """
            for place in /dev /tmp /dev/shm; do
                mknod $place/made c 1 3 && (echo > $place/made) 2>/dev/null && echo "$place opened"
            done
            for device in null zero full random urandom; do head -c 1 /dev/$device > /tmp/$device || echo "$device failed"; done
            echo x > /dev/null && echo done
            """
        #expect(try box.sh(script).output == "done\n")
    }

    @Test("by every device when all are allowed")
    func allDevices() throws {
        let outcome = try box.sh("mknod /tmp/made c 1 3 && echo > /tmp/made && echo opened") {
            $0.linux.resources.devices = [.init(allows: true)]
        }
        #expect(outcome.output == "opened\n")
    }

    @Test("by a device that is listed, with its owner and permissions")
    func listedDevice() throws {
        let device = Specification.Device(
            BytePath(["dev", "mine"]), number: DeviceNumber(major: 1, minor: 5), permissions: 0o640, uid: 7, gid: 8)
        let outcome = try box.sh("stat -c '%a %u %g %t:%T' /dev/mine; head -c 2 /dev/mine | wc -c") {
            $0.linux.devices = [device]
        }
        #expect(outcome.lines == ["640 7 8 1:5", "2"])
    }

    @Test("by a network of nothing but a loopback device that is up")
    func network() throws {
        let outcome = try box.sh("ls /sys/class/net; cat /sys/class/net/lo/flags")
        // IFF_UP | IFF_LOOPBACK
        #expect(outcome.lines == ["lo", "0x9"])
    }

    @Test("from processes, mounts and cgroups of the host")
    func namespaces() throws {
        let outcome = try box.sh(
            "ls -d /proc/[0-9]* | wc -l; grep -c ' / / ' /proc/self/mountinfo; cat /proc/self/cgroup"
        ) {
            $0.linux.cgroupsPath = Box.groupPath("ns")
        }
        #expect(outcome.lines.prefix(2) == ["3", "1"])
        #expect(outcome.lines.contains("0::/"))
    }

    @Test("unless it shares the host's network")
    func hostNetwork() throws {
        let outcome = try box.sh("readlink /proc/self/ns/net; ls -d /sys/kernel") {
            $0.linux.namespaces.remove(.network)
        }
        let host = try Files.readLink("/proc/self/ns/net")
        #expect(outcome.lines == [String(decoding: host, as: UTF8.self), "/sys/kernel"])
    }

    @Test("and refused where its host name would be the host's")
    func hostnameWithoutNamespace() throws {
        let error = #expect(throws: RuntimeError.self) {
            try box.run(["true"], { $0.linux.namespaces.remove(.uts) })
        }
        #expect(error?.kind == .refused)
    }

    @Test("by a control group that nobody else is in")
    func groupInUse() throws {
        let path = Box.groupPath("shared")
        var specification = Box.specification(["sleep", "1000"])
        specification.linux.cgroupsPath = path
        let process = try Runtime.run(specification, rootfs: try box.root())
        #expect(throws: RuntimeError.self) { try box.run(["true"], { $0.linux.cgroupsPath = path }) }
        // The root of the hierarchy is nobody's: it can't be taken, and above all not killed.
        let root = try box.run(["true"], { $0.linux.cgroupsPath = .absolute(.root) })
        #expect(root.status == 0)
        try process.process.send(signal: SIGTERM)
        try process.process.send(signal: SIGKILL)
        #expect(try process.wait() == 137)
    }

    @Test("by a control group that stops and goes on")
    func freezing() throws {
        var specification = Box.specification(["sh", "-c", "while :; do :; done"])
        let path = Box.groupPath("freeze")
        specification.linux.cgroupsPath = path
        let process = try Runtime.run(specification, rootfs: try box.root())
        #expect(process.controlGroupProblem == nil)
        try process.freeze()
        #expect(try ControlGroups.find(path, in: .mounted()).isFrozen())
        try process.thaw()
        try process.process.send(signal: SIGKILL)
        #expect(try process.wait() == 137)
    }
}

extension String {
    fileprivate func components(containing part: String) -> Int {
        split(separator: "\n").count { $0.contains(part) }
    }
}
