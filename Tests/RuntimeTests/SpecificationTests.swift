import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A config.json")
struct SpecificationTests {
    @Test("written is read back as the same specification", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let specification = Specification.random(using: &random)
        let bytes = try specification.json().serialized()
        #expect(try Specification(parsing: try JSON(parsing: bytes)) == specification)
        #expect(try specification.json().serialized() == bytes)
    }

    @Test("for a standard container survives too")
    func standard() throws {
        let specification = Specification.standard(
            process: .init(arguments: ["true"], capabilities: .init(.standard)), hostname: "box",
            cgroupsPath: BytePath(["varve", "x"]))
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
            $0["hooks"] = [:]
            $0["linux"] = ["namespaces": [["type": "mount"]], "uidMappings": [], "seccomp": nil]
        }
    }

    @Test(
        "with a field that is not implemented is refused by its name",
        arguments: [
            ("hooks", ["prestart": [["path": "/x"]]], "hooks"),
            ("vm", ["kernel": "x"], "vm"),
            ("process", ["args": ["x"], "cwd": "/", "apparmorProfile": "x"], "process.apparmorProfile"),
            ("process", ["args": ["x"], "cwd": "/", "user": ["username": "x"]], "process.user.username"),
            ("linux", ["seccomp": ["defaultAction": "SCMP_ACT_ALLOW"]], "linux.seccomp"),
            ("linux", ["resources": ["memory": ["limit": 1]]], "linux.resources.memory"),
            ("linux", ["resources": ["devices": [["allow": true, "type": "c"]]]], "linux.resources.devices[0]"),
            ("linux", ["namespaces": [["type": "user"]]], "linux.namespaces[0].type"),
            ("linux", ["namespaces": [["type": "network", "path": "/x"]]], "linux.namespaces[0].path"),
            (
                "mounts", [["destination": "/x", "type": "tmpfs", "uidMappings": [["size": 1]]]],
                "mounts[0].uidMappings"
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
            ("mounts", [["destination": "x", "type": "tmpfs"]]), ("root", "x"), ("linux", nil),
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

    @Test("of crun's making is understood but for what is not implemented", .enabled(if: isRoot))
    func crunsOwn() throws {
        let directory = try TemporaryDirectory("spec")
        #expect(try Testbed.run(["sh", "-c", "cd '\(directory.path)' && crun spec"]).status == 0)
        let bytes = try Files.open(KernelPath(directory.file("config.json")), flags: 0).readAll()
        let specification = try Specification(parsing: try JSON(parsing: bytes))
        #expect(specification.process.arguments == ["sh"])
        #expect(specification.process.hasTerminal)
        #expect(specification.mounts.count > 5)
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

extension Specification {
    fileprivate static func random(using random: inout SplitMix) -> Specification {
        func text(_ random: inout SplitMix) -> String {
            let pieces = ["a", "é", "\"", "\\", "\n", "日", " ", "=", "/", "\u{1}"]
            return (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
        }
        func name(_ random: inout SplitMix) -> ByteName { ByteName(text(&random)) }
        func path(_ random: inout SplitMix) -> BytePath {
            BytePath(parsing: Array("/\(text(&random))/\(text(&random))".utf8)) ?? .root
        }
        func some<T>(_ random: inout SplitMix, _ make: (inout SplitMix) -> T) -> [T] {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in make(&random) }
        }
        // Only numbers that libcap has a name for.
        let known: UInt64 = (1 << 41) - 1
        var process = Process(
            arguments: some(&random, name), environment: some(&random, name), workingDirectory: path(&random),
            user: User(
                uid: random.next(), gid: random.next(), additionalGroups: some(&random) { $0.next() },
                umask: UInt32.random(in: 0...0o777, using: &random)),
            hasTerminal: Bool.random(using: &random), noNewPrivileges: Bool.random(using: &random))
        process.consoleSize =
            Bool.random(using: &random) ? TerminalSize(rows: random.next(), columns: random.next()) : nil
        process.capabilities = Capabilities(
            bounding: CapabilitySet(bits: random.next() & known), ambient: CapabilitySet(bits: random.next() & known))
        process.limits = some(&random) {
            Limit(Resource.allCases.randomElement(using: &$0) ?? .cpu, soft: $0.next(), hard: $0.next())
        }
        var result = Specification(
            process: process, root: Root(path: name(&random), isReadOnly: Bool.random(using: &random)))
        result.hostname = Bool.random(using: &random) ? text(&random) : nil
        result.domainname = Bool.random(using: &random) ? text(&random) : nil
        result.mounts = some(&random) {
            Bool.random(using: &$0)
                ? Mount("bind", at: path(&$0), source: name(&$0), options: ["rbind", text(&$0)])
                : Mount("tmpfs", at: path(&$0), source: name(&$0), options: some(&$0) { "size=\($0.next())" })
        }
        if Bool.random(using: &random) {
            result.annotations = [Annotation(key: text(&random), value: text(&random))]
        }
        result.linux.namespaces = Set(Namespace.allCases.filter { _ in Bool.random(using: &random) })
        result.linux.resources.devices = [.init(allows: Bool.random(using: &random))]
        result.linux.cgroupsPath = Bool.random(using: &random) ? path(&random) : nil
        result.linux.maskedPaths = some(&random, path)
        result.linux.readonlyPaths = some(&random, path)
        result.linux.devices = some(&random) {
            Device(
                path(&$0), kind: Bool.random(using: &$0) ? .blockDevice : .characterDevice,
                number: DeviceNumber(major: $0.next(), minor: $0.next()),
                permissions: UInt16.random(in: 0...0o7777, using: &$0), uid: $0.next(), gid: $0.next())
        }
        return result
    }
}
