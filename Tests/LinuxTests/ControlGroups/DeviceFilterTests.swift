import Glibc
@testable import Linux
import Model
import Testbed
import Testing

/// One try to open or to make a device.
private struct Probe {
    let kind: FileKind
    let number: DeviceNumber
    let access: DeviceFilter.Access

    /// Devices that nothing happens to when they are opened: memory devices, and numbers without a driver.
    static let all: [Probe] = [
        (FileKind.characterDevice, 1, 3), (.characterDevice, 1, 5), (.characterDevice, 300, 5), (.blockDevice, 300, 3),
        (.blockDevice, 301, 1_048_575),
    ].flatMap { kind, major, minor in
        [DeviceFilter.Access.make, .read, .write, [.read, .write]].map {
            Probe(kind: kind, number: DeviceNumber(major: UInt32(major), minor: UInt32(minor)), access: $0)
        }
    }

    /// What the rules say: for each kind of access, the last rule that speaks of it decides.
    func isAllowed(by rules: [DeviceFilter.Rule]) -> Bool {
        [DeviceFilter.Access.make, .read, .write].filter(access.contains).allSatisfy { one in
            rules.last { rule in
                (rule.kind ?? kind) == kind && (rule.major ?? number.major) == number.major
                    && (rule.minor ?? number.minor) == number.minor && rule.access.contains(one)
            }?.allows ?? false
        }
    }

    /// `c 1 3 rw`, for the program below.
    var words: String {
        let letters: [(DeviceFilter.Access, String)] = [(.make, "m"), (.read, "r"), (.write, "w")]
        return "\(kind == .blockDevice ? "b" : "c") \(number.major) \(number.minor) "
            + letters.filter { access.contains($0.0) }.map(\.1).joined()
    }
}

@Suite("A device filter", .enabled(if: isRoot))
struct DeviceFilterTests {
    /// Enters a group, and prints for each probe of standard input whether it is allowed: EPERM comes from the filter alone.
    private static let prober = """
        import os, stat, sys
        open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
        for number, line in enumerate(sys.stdin):
            kind, major, minor, access = line.split()
            device = os.makedev(int(major), int(minor))
            mode = 0o600 | (stat.S_IFBLK if kind == "b" else stat.S_IFCHR)
            try:
                if access == "m":
                    os.mknod("%s/new.%d" % (sys.argv[2], number), mode, device)
                else:
                    flags = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}[access]
                    os.close(os.open("%s/%s.%s.%s" % (sys.argv[2], kind, major, minor), flags | os.O_NONBLOCK))
                print(1)
            except PermissionError:
                print(0)
            except OSError:
                print(1)
        """

    /// Which probes a process of the group gets through.
    private func probe(in group: ControlGroup) throws -> [Bool] {
        let directory = try TemporaryDirectory("devices")
        for probe in Probe.all where probe.access == .read {
            let name = probe.words.split(separator: " ").dropLast().joined(separator: ".")
            try Files.makeNode(
                KernelPath(directory.file(name)), mode: probe.kind.modeBits | 0o600, device: probe.number)
        }
        let input = Probe.all.map { $0.words + "\n" }.joined()
        let result = try Testbed.run(
            ["python3", "-c", Self.prober, group.path.displayed, directory.path], input: Array(input.utf8))
        #expect(result.status == 0, "\(result.errors)")
        return result.text.split(separator: "\n").map { $0 == "1" }
    }

    private static func rules(_ generator: inout SplitMix) -> [DeviceFilter.Rule] {
        (0..<Int.random(in: 0...7, using: &generator)).map { _ in
            DeviceFilter.Rule(
                allows: Bool.random(using: &generator),
                kind: [nil, .characterDevice, .blockDevice].randomElement(using: &generator)!,
                major: [nil, 1, 300, 301].randomElement(using: &generator)!,
                minor: [nil, 3, 5, 1_048_575].randomElement(using: &generator)!,
                access: DeviceFilter.Access(rawValue: UInt8.random(in: 1...7, using: &generator)))
        }
    }

    @Test("lets through what its rules say, whatever they are", arguments: 0..<24)
    func program(seed: Int) throws {
        guard let hierarchies = try Offered.versionTwo.hierarchies() else { return }
        var generator = SplitMix(seed: UInt64(seed))
        let rules = Self.rules(&generator)
        let box = try GroupBox(in: hierarchies)
        let group = try #require(box.groups.unified)
        try DeviceFilter(rules).attach(to: group.open())
        let expected = Probe.all.map { $0.isAllowed(by: rules) }
        #expect(try probe(in: group) == expected, "seed \(seed): \(rules)")
    }

    @Test("holds in groups below, and forbids what any group above forbids")
    func nested() throws {
        guard let hierarchies = try Offered.versionTwo.hierarchies() else { return }
        let box = try GroupBox(in: hierarchies)
        let group = try #require(box.groups.unified)
        let null = DeviceFilter.Rule(allows: true, kind: .characterDevice, major: 1, minor: 3, access: .all)
        try DeviceFilter([null]).attach(to: group.open())
        let below = ControlGroup(version: .two, controllers: [], path: group.path.appending("below"))
        try Files.makeDirectory(KernelPath(below.path.bytes))
        let everything = DeviceFilter.Rule(allows: true, kind: nil, major: nil, minor: nil, access: .all)
        try DeviceFilter([everything]).attach(to: below.open())
        #expect(try probe(in: below) == Probe.all.map { $0.isAllowed(by: [null]) })
    }

    @Test("is the same on version 1, or not to be had there", arguments: 0..<24)
    func legacy(seed: Int) throws {
        guard let hierarchies = try Offered.versionOne.hierarchies(),
            hierarchies.legacy.contains(where: { $0.controllers.contains(.devices) })
        else { return }
        var generator = SplitMix(seed: UInt64(seed))
        let box = try GroupBox([.devices], in: hierarchies)
        let group = try #require(box.groups.group(of: .devices))
        // Not all can be held; of random ones most can't, so this looks for one.
        for _ in 0..<200 {
            let rules = Self.rules(&generator)
            guard try DeviceFilter(rules).write(to: group) else { continue }
            let expected = Probe.all.map { $0.isAllowed(by: rules) }
            #expect(try probe(in: group) == expected, "seed \(seed): \(rules)")
            return
        }
    }
}
