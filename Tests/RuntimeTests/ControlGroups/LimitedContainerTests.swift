import Glibc
import Linux
import Model
@testable import Runtime
import Testbed
import Testing

@Suite("A container with limits", .enabled(if: isRoot))
struct LimitedContainerTests {
    let box: Box
    let path = Box.groupPath("limited")
    init() throws { box = try Box() }

    private func run(_ script: String, _ change: (inout Specification.Resources) -> Void) throws -> Outcome {
        try box.sh(script) {
            $0.linux.cgroupsPath = path
            change(&$0.linux.resources)
        }
    }

    private func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try ControlGroups.find(path, in: .mounted()).isEmpty, sourceLocation: sourceLocation)
    }

    @Test("is killed when it takes more memory")
    func memory() throws {
        let outcome = try run("head -c 100000000 /dev/zero | busybox tail -c 50000000 | busybox wc -c; echo went on") {
            ($0.memory.limit, $0.memory.swap) = (16 << 20, 16 << 20)
        }
        #expect(outcome.output == "0\nwent on\n")
        try expectNothingLeft()
    }

    @Test("has no more processes")
    func processes() throws {
        let script = "for n in 1 2 3 4 5 6 7 8; do sleep 1000 & done; echo all"
        let outcome = try run(script) { $0.pids = 5 }
        #expect(outcome.output == "" && outcome.errors.contains("can't fork"), "\(outcome.errors)")
        #expect(try run("\(script); kill -9 -1") { $0.pids = -1 }.output == "all\n")
        try expectNothingLeft()
    }

    @Test("that forks without end is ended with its first process")
    func forkBomb() throws {
        let outcome = try run("(bomb() { bomb | bomb & bomb; }; bomb) & sleep 0.2; exit 3") { $0.pids = 40 }
        #expect(outcome.status == 3)
        try expectNothingLeft()
    }

    @Test("is where the limits are before its first instruction, and they are what was asked for")
    func files() throws {
        var specification = Box.specification(["sleep", "1000"])
        specification.linux.cgroupsPath = path
        specification.linux.resources.cpu.quota = 50_000
        specification.linux.resources.cpu.period = 200_000
        specification.linux.resources.cpu.shares = 512
        specification.linux.resources.cpu.cpus = "0"
        specification.linux.resources.pids = 77
        let process = try Runtime.run(specification, rootfs: try box.root())
        let groups = try ControlGroups.find(path, in: .mounted())
        #expect(groups.groups.allSatisfy { (try? $0.processes()) == [process.process.pid] })
        let cpu = try #require(groups.group(of: .cpu))
        if cpu.version == .two {
            #expect(try cpu.read("cpu.max") == "50000 200000")
            #expect(try cpu.read("cpu.weight") == "60")
        } else {
            #expect(try cpu.read("cpu.cfs_quota_us") == "50000")
            #expect(try cpu.read("cpu.cfs_period_us") == "200000")
            #expect(try cpu.read("cpu.shares") == "512")
        }
        #expect(try groups.group(of: .cpuset)?.read("cpuset.cpus") == "0")
        #expect(try groups.group(of: .pids)?.read("pids.max") == "77")
        try process.process.send(signal: SIGKILL)
        #expect(try process.wait() == 137)
        try expectNothingLeft()
    }

    @Test("that the kernel has no controller for is not run, and the controller is named")
    func absent() throws {
        let mounted = try ControlHierarchies.mounted()
        let groups = try ControlGroups.make(path, with: [.networkClass], in: mounted).all
        let isOffered = groups.group(of: .networkClass) != nil
        try groups.end()
        guard !isOffered else { return }
        let error = #expect(throws: RuntimeError.self) { try run("true") { $0.networkClass = 5 } }
        #expect(error?.description == "set network class: 5: the kernel offers no net_cls controller here")
        try expectNothingLeft()
    }

    @Test("that the kernel refuses is not run, and nothing is left of it")
    func kernelRefuses() throws {
        let error = #expect(throws: RuntimeError.self) { try run("true") { $0.cpu.cpus = "4000" } }
        #expect(error?.description.hasPrefix("choose CPUs: 4000: ") == true, "\(String(describing: error))")
        try expectNothingLeft()
    }

    @Test("is refused one where it has no control group")
    func withoutGroup() throws {
        let error = #expect(throws: RuntimeError.self) { try box.sh("true") { $0.linux.resources.pids = 5 } }
        #expect(error?.description == "limit processes: 5: linux.cgroupsPath names no control group for it")
    }
}

@Suite("A mount of control groups", .enabled(if: isRoot))
struct ShownGroupTests {
    let box: Box
    init() throws { box = try Box() }

    private static let ids = [IDRange(container: 0, host: 200_000, size: 65536)]

    @Test(
        "has a directory for each hierarchy of version 1 that the container has a group in", arguments: [false, true])
    func legacy(hasUsers: Bool) throws {
        guard try ControlHierarchies.mounted().legacy.contains(where: { $0.name == "memory" }) else { return }
        let outcome = try box.sh(
            """
            cd /sys/fs/cgroup; ls; cat memory/memory.limit_in_bytes; cat memory/cgroup.procs
            mkdir x memory/x 2>/dev/null || echo read-only
            """
        ) {
            if hasUsers {
                $0.linux.namespaces.insert(.user)
                ($0.linux.uidMappings, $0.linux.gidMappings) = (Self.ids, Self.ids)
            }
            $0.linux.cgroupsPath = Box.groupPath("shown")
            $0.linux.resources.memory.limit = 64 << 20
        }
        let hasUnified = try ControlHierarchies.mounted().unified != nil
        let directories = hasUnified ? ["memory", "unified"] : ["devices", "freezer", "memory"]
        // The shell and the program that reads.
        #expect(
            outcome.lines.filter { $0 != "1" && Int($0).map { $0 > 64 } != false } == directories + [
                "67108864", "read-only",
            ])
        #expect(outcome.lines.contains("1"), "\(outcome.lines)")
    }

    @Test("is that of version 2 where the container has no other group")
    func unified() throws {
        guard try ControlHierarchies.mounted().unified != nil else { return }
        let outcome = try box.sh("stat -f -c %T /sys/fs/cgroup; head -n 1 /sys/fs/cgroup/cgroup.procs") {
            $0.linux.cgroupsPath = Box.groupPath("shown")
        }
        #expect(outcome.lines == ["cgroup2", "1"] || outcome.lines == ["UNKNOWN", "1"], "\(outcome)")
    }

    @Test("has a symlink by each controller of several in one hierarchy")
    func symlinks() throws {
        let specification = Box.specification(["true"])
        let plan = try MountPlan(
            specification, root: SharedDescriptor(try box.root()), made: MadePaths(), devices: .group,
            groups: ShownGroups(legacy: [["cpu", "cpuacct"], ["memory"]], hasUnified: true),
            identities: try Identities(specification.linux))
        let place = BytePath(["sys", "fs", "cgroup"])
        let directory = try #require(plan.steps.first { $0.target == place }?.mount)
        #expect(
            try Files.names(in: try Files.openDirectory(".", in: directory.reference)).sorted()
                == ["cpu", "cpu,cpuacct", "cpuacct", "memory", "unified"])
        for name in ["cpu", "cpuacct"] as [KernelPath] {
            let target = try Files.readLink(name, in: directory.reference)
            #expect(String(decoding: target, as: UTF8.self) == "cpu,cpuacct")
        }
        let mounted = plan.steps.filter { $0.target.isWithin(place) && $0.mount == nil }
        #expect(mounted.map(\.type) == ["cgroup", "cgroup", "cgroup2"])
        #expect(mounted.first?.options.map(\.key) == ["source", "cpu", "cpuacct"])
    }
}
