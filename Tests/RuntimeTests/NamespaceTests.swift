import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("The namespaces of a container", .enabled(if: isRoot))
struct NamespaceTests {
    let box: Box
    init() throws { box = try Box() }

    private static let ids = [IDRange(container: 0, host: 200_000, size: 65536)]

    private func inUserNamespace(_ specification: inout Specification) {
        specification.linux.namespaces.insert(.user)
        specification.linux.uidMappings = Self.ids
        specification.linux.gidMappings = Self.ids
    }

    /// A container that does nothing, ended after `body`.
    private func withContainer(
        _ change: (inout Specification) -> Void = { _ in }, _ body: (borrowing ProcessHandle) throws -> Void
    ) throws {
        var specification = Box.specification(["sleep", "1000"])
        change(&specification)
        let process = try Runtime.run(specification, rootfs: try box.root())
        do { try body(process.process) } catch { Issue.record(error) }
        try process.process.send(signal: SIGKILL)
        _ = try process.wait()
    }

    @Test("may include users: root inside is nobody in particular outside")
    func userNamespace() throws {
        let outcome = try box.sh(
            """
            id -u; cat /proc/self/uid_map | busybox tr -s ' '; grep CapEff /proc/self/status
            stat -c '%u %g %a' /dev /dev/null /dev/shm /dev/fd; echo > /dev/shm/mine; stat -c %u /dev/shm/mine
            mount -t tmpfs none /tmp 2>/dev/null; busybox chroot / id -u
            """, inUserNamespace)
        #expect(
            outcome.lines == [
                "0", " 0 200000 65536", "CapEff:\t00000000a80425fb", "0 0 755", "0 0 666", "0 0 1777", "0 0 777", "0",
                "0",
            ], "\(outcome.errors)")
        // What was made to mount on belongs to that root too.
        #expect(try Files.status(KernelPath(box.directory.file("upper1/proc"))).uid == 200_000)
    }

    @Test("may include users who have the host's control groups to look at")
    func hostGroups() throws {
        let outcome = try box.sh(
            "test -f /sys/fs/cgroup/cgroup.procs && ! mkdir /sys/fs/cgroup/x 2>/dev/null && echo fine"
        ) {
            inUserNamespace(&$0)
            $0.linux.namespaces.remove(.cgroup)
            let place = BytePath(["sys", "fs", "cgroup"])
            $0.mounts.removeAll { $0.destination == place }
            $0.mounts.append(.init("cgroup", at: place, options: ["nosuid", "noexec", "nodev", "relatime", "ro"]))
        }
        #expect(outcome.output == "fine\n")
    }

    @Test("may include users of whom one is the process")
    func userInNamespace() throws {
        let outcome = try box.sh("id -u; id -G; echo > /dev/null && echo fine") {
            inUserNamespace(&$0)
            $0.process.user = .init(uid: 1000, gid: 1001, additionalGroups: [44])
        }
        #expect(outcome.lines == ["1000", "1001 44", "fine"])
        let error = #expect(throws: RuntimeError.self) {
            try box.run(
                ["true"],
                {
                    inUserNamespace(&$0)
                    $0.process.user.uid = 70000
                })
        }
        #expect(error?.description == "find user: 70000: the container's user namespace has no such id")
    }

    @Test("of users take in who enters, as the user that is asked for and with a terminal of theirs")
    func enterUserNamespace() throws {
        try withContainer(inUserNamespace) { target in
            let container = try LiveContainer.open(target)
            var process = Box.specification([
                "sh", "-c", "test \"$(id -u)\" = 7 && test -O /dev/fd/0 && echo > /dev/tty",
            ])
            .process
            process.user = .init(uid: 7, gid: 7)
            process.hasTerminal = true
            let entered = try Runtime.enter(container, process)
            let status = try entered.wait()
            #expect(status == 0)
        }
    }

    @Test("can be another container's, whose processes are then seen")
    func joined() throws {
        try withContainer { target in
            let pid = target.pid
            let outcome = try box.sh(
                """
                for space in net ipc uts pid; do readlink /proc/self/ns/$space; done
                busybox ps -o comm | grep -c sleep; test $$ -gt 1 && hostname
                """
            ) {
                for (space, name) in [
                    (Specification.Namespace.network, "net"), (.ipc, "ipc"), (.uts, "uts"), (.pid, "pid"),
                ] {
                    $0.linux.namespaces.remove(space)
                    $0.linux.joinedNamespaces[space] = ByteName("/proc/\(pid)/ns/\(name)")
                }
                $0.hostname = "renamed"
            }
            var expected: [String] = []
            for name in ["net", "ipc", "uts", "pid"] {
                let link = try Files.readLink(KernelPath("/proc/\(pid)/ns/\(name)"))
                expected.append(String(decoding: link, as: UTF8.self))
            }
            #expect(outcome.lines == expected + ["1", "renamed"], "\(outcome.errors)")
        }
    }

    @Test("can be new ones within the users of another container")
    func joinedUsers() throws {
        try withContainer(inUserNamespace) { target in
            let pid = target.pid
            let outcome = try box.sh("id -u; echo $$; readlink /proc/self/ns/user; stat -c %u /dev/null") {
                $0.linux.joinedNamespaces[.user] = ByteName("/proc/\(pid)/ns/user")
            }
            let link = try Files.readLink(KernelPath("/proc/\(pid)/ns/user"))
            #expect(outcome.lines == ["0", "1", String(decoding: link, as: UTF8.self), "0"])
        }
    }

    @Test(
        "are refused where they make no sense",
        arguments: [
            ("linux.namespaces.path", Specification.Namespace.mount, ByteName("/proc/self/ns/mnt")),
            ("/proc/self/ns/uts", .network, "/proc/self/ns/uts"), ("/nowhere", .ipc, "/nowhere"),
        ])
    func refused(word: String, namespace: Specification.Namespace, path: ByteName) throws {
        let error = #expect(throws: RuntimeError.self) {
            try box.run(
                ["true"],
                {
                    if namespace != .mount { $0.linux.namespaces.remove(namespace) }
                    $0.linux.joinedNamespaces[namespace] = path
                })
        }
        #expect(
            error?.description.contains(word) == true
                || error?.description == "join namespace: network: Invalid argument")
    }

    @Test("are not renamed where they are the host's, by whatever path")
    func ownName() throws {
        let error = #expect(throws: RuntimeError.self) {
            try box.run(
                ["true"],
                {
                    $0.linux.namespaces.remove(.uts)
                    $0.linux.joinedNamespaces[.uts] = "/proc/thread-self/ns/uts"
                })
        }
        #expect(error?.description == "run: hostname: it would rename the host")
    }

    @Test("have the kernel parameters that are asked for, and only those")
    func parameters() throws {
        let outcome = try box.sh(
            "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/net/ipv4/conf/lo/forwarding"
        ) {
            $0.linux.sysctl = [
                .init(key: "net.ipv4.ip_forward", value: "1"), .init(key: "kernel.shmmni", value: "77"),
                .init(key: "net/ipv4/conf/lo/forwarding", value: "0"),
            ]
        }
        #expect(outcome.lines == ["1", "77", "0"])
        for (key, hasNetwork) in [("vm.swappiness", true), ("kernel.hostname", true), ("net.ipv4.ip_forward", false)] {
            let error = #expect(throws: RuntimeError.self) {
                try box.run(
                    ["true"],
                    {
                        $0.linux.sysctl = [.init(key: key, value: "1")]
                        if !hasNetwork { $0.linux.joinedNamespaces[.network] = "/proc/self/ns/net" }
                        if !hasNetwork { $0.linux.namespaces.remove(.network) }
                    })
            }
            #expect(error?.description.hasPrefix("set kernel parameter: \(key): ") == true)
        }
    }

    @Test("and its process's priorities, score and execution domain are as asked for")
    func priorities() throws {
        let outcome = try box.sh(
            "cat /proc/self/oom_score_adj; busybox cut -d' ' -f19 /proc/self/stat; busybox ionice; busybox uname -m"
        ) {
            $0.process.oomScoreAdjustment = 500
            $0.process.scheduler = .init(policy: "SCHED_BATCH")
            $0.process.scheduler?.nice = 5
            $0.process.ioPriority = .init(schedulingClass: "IOPRIO_CLASS_IDLE", priority: 0)
            $0.linux.personality = .linux32
        }
        #expect(outcome.lines == ["500", "5", "idle", "i686"])
    }

    @Test("do not replace the labels of a security module that is not there")
    func labels() throws {
        for change: (inout Specification) -> Void in [
            { $0.process.apparmorProfile = "some" }, { $0.process.selinuxLabel = "some" },
            { $0.linux.mountLabel = "some" },
        ] {
            let error = #expect(throws: RuntimeError.self) { try box.run(["true"], change) }
            #expect(error?.description.hasPrefix("confine container: some: this kernel runs without ") == true)
        }
    }

    @Test("may begin with a root that spreads its mounts, or whose host is only hidden")
    func roots() throws {
        let shared = try box.sh("grep -c '^[^-]* / / .*shared:' /proc/self/mountinfo") {
            $0.linux.rootfsPropagation = .shared
        }
        #expect(shared.lines == ["1"])
        var options = RunOptions()
        options.pivots = false
        let hidden = try Runtime.run(
            Box.specification(["sh", "-c", "test -x /bin/sh && test ! -e /etc/shadow && test $$ = 1"]),
            rootfs: try box.root(), options: options)
        #expect(try hidden.wait() == 0)
    }
}
