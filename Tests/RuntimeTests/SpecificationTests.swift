import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A config.json")
struct SpecificationTests {
    @Test("written is read back as the same specification", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let specification = RandomSpecification.make(seed: seed)
        let bytes = try specification.json().serialized()
        #expect(try Specification(parsing: try JSON(parsing: bytes)) == specification)
        #expect(try specification.json().serialized() == bytes)
    }

    @Test("for a standard container survives too")
    func standard() throws {
        let specification = Specification.standard(
            process: .init(arguments: ["true"], capabilities: .init(.standard)), hostname: "box",
            cgroupsPath: .absolute(BytePath(["varve", "x"])))
        #expect(try Specification(parsing: try specification.json()) == specification)
    }

    private func parse(_ change: (inout [String: JSON]) -> Void) throws -> Specification {
        var members: [String: JSON] = [
            "ociVersion": "1.0.2",
            "process": ["args": ["true"], "cwd": "/"],
            "root": ["path": "rootfs"],
            "linux": ["namespaces": [["type": "mount"]]],
        ]
        change(&members)
        return try Specification(parsing: .object(members.map { JSON.Member($0.key, $0.value) }))
    }

    @Test("of the least that is needed is read with the specification's defaults")
    func least() throws {
        let specification = try parse { _ in }
        #expect(specification.process == .init(arguments: ["true"]))
        #expect(specification.process.user.umask == 0o022)
        #expect(specification.linux.resources == .init())
    }

    @Test("with empty fields of any name is read")
    func emptyFields() throws {
        _ = try parse {
            $0["hooks"] = ["prestart": nil, "poststop": []]
            $0["hostname"] = .null
            $0["mounts"] = .null
            $0["vm"] = [:]
            $0["linux"] = ["namespaces": [["type": "mount"]], "uidMappings": [], "seccomp": nil]
        }
    }

    @Test(
        "with a field that is not implemented is refused by its name",
        arguments: [
            ("vm", ["kernel": "x"], "vm"), ("windows", ["x": 1], "windows"), ("solaris", ["x": 1], "solaris"),
            ("zos", ["x": 1], "zos"), ("freebsd", ["x": 1], "freebsd"), ("platform", ["os": "linux"], "platform"),
            ("hooks", ["preStart": [["path": "/x"]]], "hooks.preStart"),
            ("process", ["args": ["x"], "cwd": "/", "commandLine": "x"], "process.commandLine"),
            ("process", ["args": ["x"], "cwd": "/", "execCPUAffinity": ["initial": "1"]], "process.execCPUAffinity"),
            ("process", ["args": ["x"], "cwd": "/", "user": ["username": "x"]], "process.user.username"),
            ("linux", ["timeOffsets": ["boottime": ["secs": 1]]], "linux.timeOffsets"),
            ("linux", ["intelRdt": ["closID": "x"]], "linux.intelRdt"),
            ("linux", ["netDevices": ["eth0": ["name": "x"]]], "linux.netDevices"),
            ("linux", ["memoryPolicy": ["mode": "MPOL_DEFAULT"]], "linux.memoryPolicy"),
            ("linux", ["resources": ["rdma": ["mlx5_1": ["hcaHandles": 3]]]], "linux.resources.rdma"),
            ("linux", ["resources": ["memory": ["kernel": 1]]], "linux.resources.memory.kernel"),
            (
                "linux", ["resources": ["memory": ["checkBeforeUpdate": true]]],
                "linux.resources.memory.checkBeforeUpdate"
            ),
            ("linux", ["personality": ["domain": "LINUX", "flags": ["x"]]], "linux.personality.flags"),
            (
                "linux", ["seccomp": ["defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"]],
                "linux.seccomp.listenerPath"
            ),
            ("linux", ["seccomp": ["defaultAction": "SCMP_ACT_NOTIFY"]], "linux.seccomp.defaultAction"),
            (
                "linux",
                [
                    "seccomp": [
                        "defaultAction": "SCMP_ACT_ALLOW",
                        "syscalls": [["names": ["mount"], "action": "SCMP_ACT_NOTIFY"]],
                    ]
                ],
                "linux.seccomp.syscalls[0].action"
            ),
        ] as [(String, JSON, String)])
    func refused(field: String, value: JSON, named: String) throws {
        let error = #expect(throws: RuntimeError.self) { try parse { $0[field] = value } }
        #expect(error?.subject == named)
        #expect(error?.kind == .refused)
    }

    @Test(
        "with a wrong value is refused",
        arguments: [
            ("ociVersion", "2.0.0"), ("process", ["args": ["x"]]), ("process", ["args": "x", "cwd": "/"]),
            ("process", ["args": ["x"], "cwd": "relative"]), ("process", ["args": ["x"], "cwd": "/../x"]),
            ("process", ["args": ["x"], "cwd": "/", "user": ["uid": -1]]),
            ("process", ["args": ["x"], "cwd": "/", "user": ["uid": 4_294_967_296]]),
            ("process", ["args": ["x"], "cwd": "/", "capabilities": ["bounding": ["CAP_NONE"]]]),
            ("process", ["args": ["x"], "cwd": "/", "capabilities": ["bounding": ["3"]]]),
            ("process", ["args": ["x"], "cwd": "/", "rlimits": [["type": "RLIMIT_X", "soft": 1, "hard": 1]]]),
            ("process", ["args": ["x"], "cwd": "/", "oomScoreAdj": 1001]),
            ("process", ["args": ["x"], "cwd": "/", "ioPriority": ["priority": 1]]),
            ("process", ["args": ["x"], "cwd": "/", "scheduler": ["nice": 1]]),
            ("mounts", [["destination": "../x", "type": "tmpfs"]]), ("mounts", [["destination": "/x"]]),
            ("mounts", [["destination": "/x", "type": "tmpfs", "uidMappings": [["size": 1]]]]),
            ("root", "x"), ("linux", nil), ("hooks", ["prestart": [["path": "x"]]]),
            ("hooks", ["prestart": [["path": "/x", "timeout": 0]]]), ("annotations", ["a": 1]),
            // More than what is counted in milliseconds can hold.
            ("hooks", ["prestart": [["path": "/x", "timeout": 2_000_001]]]),
            ("hooks", ["createContainer": [["path": "/x", "timeout": 9_223_372_036_854_775_807]]]),
            ("linux", ["namespaces": [["type": "pid"], ["type": "pid", "path": "/x"]]]),
            ("linux", ["namespaces": [["type": "network", "path": "x"]]]), ("linux", ["namespaces": [["path": "/x"]]]),
            ("linux", ["namespaces": [["type": "net"]]]), ("linux", ["sysctl": ["a": 1]]),
            ("linux", ["rootfsPropagation": "x"]), ("linux", ["personality": ["domain": "BSD"]]),
            ("linux", ["cgroupsPath": "/a/../.."]), ("linux", ["cgroupsPath": "../x"]),
            ("linux", ["seccomp": [:]]), ("linux", ["seccomp": ["defaultAction": "A", "syscalls": [["names": []]]]]),
            ("linux", ["resources": ["devices": [["allow": true, "access": "rx"]]]]),
            ("linux", ["resources": ["devices": [["allow": true, "type": "x"]]]]),
            ("linux", ["resources": ["devices": [["allow": true, "major": -2]]]]),
            ("linux", ["resources": ["memory": ["limit": .number("1.5")]]]),
            ("linux", ["resources": ["memory": ["swappiness": 101]]]), ("linux", ["resources": ["pids": 1]]),
        ] as [(String, JSON)])
    func wrong(field: String, value: JSON) throws {
        #expect(throws: RuntimeError.self) { try parse { $0[field] = value } }
    }

    @Test("can't hold a text that is not UTF-8")
    func notText() throws {
        let specification = Specification.standard(
            process: .init(arguments: [ByteName([0xff])]), hostname: "box")
        #expect(throws: RuntimeError.self) { try specification.json() }
    }

    @Test("with the forms that engines write is read as what they mean")
    func looseForms() throws {
        let specification = try parse {
            $0["mounts"] = [["destination": "run/x", "source": "/x", "options": ["rbind"]]]
            $0["hostname"] = ""
            $0["linux"] = [
                "rootfsPropagation": "rslave", "cgroupsPath": "a/b", "mountLabel": "",
                "devices": [["path": "/dev/x", "type": "u", "major": 1, "minor": 2, "fileMode": 8630]],
                "resources": [
                    "devices": [
                        ["allow": false, "access": "rwm"],
                        ["allow": true, "type": "c", "major": -1, "minor": 3, "access": "rw"],
                    ], "blockIO": [:],
                ],
            ]
        }
        #expect(specification.mounts == [.init("bind", at: BytePath(["run", "x"]), source: "/x", options: ["rbind"])])
        #expect(specification.hostname == nil)
        #expect(specification.linux.rootfsPropagation == .slave)
        #expect(specification.linux.cgroupsPath == .relative(BytePath(["a", "b"])))
        #expect(specification.linux.mountLabel == nil)
        #expect(specification.linux.devices.first?.permissions == 0o666)
        #expect(specification.linux.devices.first?.kind == .characterDevice)
        #expect(
            specification.linux.resources.devices == [
                .init(allows: false), .init(allows: true, kind: .character, minor: 3, access: [.read, .write]),
            ])
    }

    @Test("of another runtime's making is understood", .enabled(if: isRoot), arguments: ["crun", "runc"])
    func made(by runtime: String) throws {
        let directory = try TemporaryDirectory("spec")
        #expect(try Testbed.run(["sh", "-c", "cd '\(directory.path)' && \(runtime) spec"]).status == 0)
        let specification = try Self.read(directory.file("config.json"))
        #expect(specification.process.arguments == ["sh"])
        #expect(specification.process.hasTerminal)
        #expect(specification.mounts.count > 5)
    }

    @Test("of podman's making is understood with every limit that it has a flag for", .enabled(if: isRoot))
    func podmansOwn() throws {
        let directory = try TemporaryDirectory("spec")
        // A runtime that keeps what it is asked for, and fails.
        let keeper = "#!/bin/sh\n[ $1 = create ] && cp \"$3/config.json\" '\(directory.path)'\nexit 1\n"
        try Testbed.run(["install", "/dev/stdin", directory.file("runtime")], input: Array(keeper.utf8))
        try Files.makeDirectory(KernelPath(directory.file("rootfs")))
        _ = try Testbed.run([
            "podman", "--root", directory.file("store"), "--runroot", directory.file("run"), "--storage-driver", "vfs",
            "--cgroup-manager", "cgroupfs", "--events-backend", "none", "--runtime", directory.file("runtime"),
            "run", "--network", "none", "--memory", "64m", "--cpus", "0.5", "--cpu-shares", "100", "--pids-limit", "9",
            "--oom-score-adj", "10", "--sysctl", "net.ipv4.ip_forward=1", "--ulimit", "nofile=9:9",
            "--ulimit", "nproc=9:9", "--device", "/dev/null:/dev/other:r", "--rootfs", directory.file("rootfs"), "sh",
        ])
        let specification = try Self.read(directory.file("config.json"))
        #expect(specification.linux.resources.memory.limit == 64 << 20)
        #expect(specification.linux.resources.cpu.shares == 100)
        #expect(specification.linux.resources.pids == 9)
        #expect(specification.process.oomScoreAdjustment == 10)
        #expect(specification.linux.sysctl.contains(.init(key: "net.ipv4.ip_forward", value: "1")))
        #expect((specification.linux.seccomp?.rules.count ?? 0) > 2)
        #expect(specification.linux.devices.map(\.path) == [BytePath(["dev", "other"])])
        #expect(try Specification(parsing: try specification.json()) == specification)
    }

    private static func read(_ path: String) throws -> Specification {
        let bytes = try Files.open(KernelPath(path), flags: 0).readAll()
        return try Specification(parsing: try JSON(parsing: bytes))
    }

    @Test("names Docker's fourteen capabilities")
    func capabilityNames() throws {
        #expect(
            CapabilitySet.standard.names == [
                "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
                "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD",
                "CAP_AUDIT_WRITE", "CAP_SETFCAP",
            ])
        #expect(try CapabilitySet(names: CapabilitySet.standard.names) == .standard)
    }
}
