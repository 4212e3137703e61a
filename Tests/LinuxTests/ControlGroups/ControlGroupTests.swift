import Glibc
@testable import Linux
import Model
import Testbed
import Testing

/// What the machine has mounted, and each version of it alone.
enum Offered: String, CaseIterable, Sendable {
    case all, versionOne, versionTwo

    /// Nil where the machine lacks it.
    func hierarchies() throws -> ControlHierarchies? {
        let mounted = try ControlHierarchies.mounted()
        switch self {
        case .all: return mounted
        case .versionOne:
            let hasFreezer = mounted.legacy.contains { $0.controllers.contains(.freezer) }
            return hasFreezer ? ControlHierarchies(unified: nil, legacy: mounted.legacy) : nil
        case .versionTwo:
            return mounted.unified == nil ? nil : ControlHierarchies(unified: mounted.unified, legacy: [])
        }
    }
}

@Suite("Control groups of a container", .enabled(if: isRoot))
struct ControlGroupTests {
    @Test("freeze, thaw, kill and go away", arguments: Offered.allCases)
    func life(offered: Offered) throws {
        guard let hierarchies = try offered.hierarchies() else { return }
        let box = try GroupBox(in: hierarchies)
        let pid = try box.start("exec sleep 1000")
        #expect(try box.groups.processes() == [pid])
        try box.groups.freeze()
        #expect(try box.groups.isFrozen())
        try box.groups.thaw()
        #expect(try !box.groups.isFrozen())
        #expect(throws: SystemError.self) { try box.groups.waitUntilEmpty(within: 1) }
        #expect(throws: SystemError.self) { try box.groups.remove() }
        try box.groups.end(within: 60_000)
        #expect(GroupBox.signal(thatEnded: pid) == SIGKILL)
        try box.groups.end()
        #expect(try ControlGroups.find(box.path, in: hierarchies).isEmpty)
    }

    @Test("are killed though they are frozen", arguments: Offered.allCases)
    func frozen(offered: Offered) throws {
        guard let hierarchies = try offered.hierarchies() else { return }
        let box = try GroupBox(in: hierarchies)
        let pid = try box.start("exec sleep 1000")
        try box.groups.freeze()
        try box.groups.end(within: 60_000)
        #expect(GroupBox.signal(thatEnded: pid) == SIGKILL)
    }

    @Test("end though a process forks until its limit", arguments: Offered.allCases)
    func forkBomb(offered: Offered) throws {
        guard let hierarchies = try offered.hierarchies() else { return }
        let box = try GroupBox([.pids], in: hierarchies)
        // Without the controller on this version a bomb would go off in the machine.
        guard let pids = box.groups.group(of: .pids) else { return }
        try pids.write("40", to: "pids.max")
        let pid = try box.start("bomb() { bomb | bomb & wait; bomb; }; bomb")
        try GroupBox.wait { try pids.read("pids.current") == "40" }
        try box.groups.end(within: 60_000)
        // It may have ended by itself when it could fork no more.
        _ = GroupBox.signal(thatEnded: pid)
        #expect(try ControlGroups.find(box.path, in: hierarchies).isEmpty)
    }

    @Test("end with groups below them, at any depth, in which processes are", arguments: Offered.allCases)
    func subgroups(offered: Offered) throws {
        guard let hierarchies = try offered.hierarchies() else { return }
        let box = try GroupBox(in: hierarchies)
        let name = String(repeating: "g", count: 200)
        var processes: [Int32] = []
        for group in box.groups.groups {
            // Deeper than the longest path that the kernel takes.
            try Testbed.run([
                "sh", "-c",
                """
                cd "$0" && for n in $(seq 30); do mkdir -p side.$n "$1" && cd -P "$1" || exit; done
                sleep 1000 <&- >&- 2>&- & echo $! >cgroup.procs
                """, group.path.displayed, name,
            ])
            processes += try group.processes()
        }
        #expect(processes.count == box.groups.groups.count)
        #expect(try box.groups.isPopulated())
        try box.groups.end(within: 60_000)
        #expect(try ControlGroups.find(box.path, in: hierarchies).isEmpty)
    }

    @Test("are made only for controllers that are asked for, on version 1")
    func controllers() throws {
        let mounted = try ControlHierarchies.mounted()
        guard mounted.unified != nil, mounted.legacy.contains(where: { $0.controllers.contains(.pids) }) else { return }
        #expect(try GroupBox(in: mounted).groups.groups.count == 1)
        let box = try GroupBox([.pids, .cpuset], in: mounted)
        #expect(box.groups.groups.count == 3)
        #expect(box.groups.entrances.count == 2)
        #expect(box.groups.group(of: .memory) == nil)
        if let cpuset = box.groups.group(of: .cpuset) {
            // Else no process could be in it.
            #expect(try cpuset.read("cpuset.cpus") != "" && cpuset.read("cpuset.mems") != "")
        }
        let path = box.groups
        #expect(try ControlGroups.find(box.path, in: mounted) == path)
    }

    @Test("let controllers of version 2 work in them")
    func unifiedControllers() throws {
        guard let hierarchies = try Offered.versionTwo.hierarchies() else { return }
        let root = try #require(hierarchies.unified)
        let offered = ControlGroup(version: .two, controllers: [], path: root.mountPoint)
        let controllers = ControlGroup.Controller.named(try offered.read("cgroup.controllers"))
        #expect(try GroupBox(in: hierarchies).groups.unified?.controllers == controllers)
    }

    @Test("can be named from the caller's own, and are never the whole hierarchy's")
    func paths() throws {
        let mounted = try ControlHierarchies.mounted()
        let name = "varve-relative-\(getpid())"
        let groups = try ControlGroups.make(try #require(ControlGroupPath(parsing: name)), with: [], in: mounted).all
        #expect(!groups.isEmpty)
        #expect(groups.groups.allSatisfy { $0.path.last == ByteName(name) })
        try groups.end()
        #expect(throws: SystemError.self) { _ = try ControlGroups.make(.absolute(.root), with: [], in: mounted) }
        #expect(throws: SystemError.self) { _ = try ControlGroups.find(.absolute(.root), in: mounted) }
        #expect(ControlGroupPath(parsing: "/a/../b") == nil && ControlGroupPath(parsing: "/") == nil)
    }

    @Test("count what their processes use, and those that were killed for it")
    func counters() throws {
        let box = try GroupBox([.memory, .pids, .io], in: .mounted())
        let memory = try #require(box.groups.group(of: .memory))
        try memory.write("\(16 << 20)", to: memory.version == .two ? "memory.max" : "memory.limit_in_bytes")
        #expect(try box.groups.oomKills() == 0)
        // The hog is a child: its parent tells of it and goes on.
        let pid = try box.start("head -c 200000000 /dev/zero | tail -n 1 >/dev/null; exec sleep 1000")
        try GroupBox.wait { try box.groups.oomKills() != 0 }
        let usage = try box.groups.usage()
        #expect(usage.memoryLimit == 16 << 20)
        #expect(try #require(usage.memory) <= 16 << 20)
        #expect(try #require(usage.tasks) >= 1)
        #expect(try #require(usage.processorTime) > 0)
        #expect(usage.bytesRead != nil && usage.bytesWritten != nil)
        try box.groups.end(within: 60_000)
        #expect(GroupBox.signal(thatEnded: pid) == SIGKILL)
        #expect(try box.groups.usage().memory == nil)
    }
}
