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
