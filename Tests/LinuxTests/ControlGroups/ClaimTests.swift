import Glibc
@testable import Linux
import Model
import Testbed
import Testing

@Suite("Control groups at a path that may be others'", .enabled(if: isRoot))
struct ClaimTests {
    private let path = ControlGroupPath.absolute(
        BytePath(["varve-test", ByteName("claim-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")]))

    @Test("are told of before they are made, and only those that were missing count as made", arguments: [true, false])
    func told(isThere: Bool) throws {
        let mounted = try ControlHierarchies.mounted()
        let before = isThere ? try ControlGroups.make(path, with: [], in: mounted).all : ControlGroups()
        var told: [ClaimedGroup] = []
        let claims = GroupClaims { group throws(SystemError) in
            #expect(try ControlGroups.find(path, in: mounted, named: [group.hierarchy]).isEmpty == group.isMade)
            told.append(group)
        }
        let groups = try ControlGroups.make(path, with: [.pids], in: mounted, claims: claims)
        #expect(told.count == groups.all.groups.count)
        #expect(told.filter(\.isMade).count == groups.made.groups.count)
        #expect(groups.made.groups.count == groups.all.groups.count - before.groups.count)
        #expect(try ControlGroups.find(path, in: mounted, named: Set(told.map(\.hierarchy))) == groups.all)
        // What the container has already is not told again.
        _ = try ControlGroups.make(
            path, with: [.pids], in: mounted, claims: GroupClaims(told) { _ in Issue.record("it is told again") })
        try groups.all.end()
    }

    @Test("are refused where processes are in one, and then no other is left")
    func populated() throws {
        let mounted = try ControlHierarchies.mounted()
        guard let root = mounted.unified?.mountPoint, mounted.legacy.contains(where: { $0.name == "pids" }) else {
            return
        }
        let box = try GroupBox([.pids], in: mounted)
        let pid = try box.start("exec sleep 1000")
        try ControlGroup(version: .two, controllers: [], path: root).attach(pid)
        try Files.removeDirectory(KernelPath(try #require(box.groups.unified).path.bytes))
        let error = #expect(throws: SystemError.self) {
            _ = try ControlGroups.make(box.path, with: [.pids], in: mounted, claims: GroupClaims { _ in })
        }
        #expect(error?.errno == .busy)
        #expect(try ControlGroups.find(box.path, in: mounted).groups.count == 1)
        #expect(kill(pid, 0) == 0)
        try box.groups.end(within: 60_000)
        #expect(GroupBox.signal(thatEnded: pid) == SIGKILL)
    }

    @Test("are refused where somebody else makes one just then")
    func race() throws {
        let mounted = try ControlHierarchies.mounted()
        var told: [Bool] = []
        let error = #expect(throws: SystemError.self) {
            _ = try ControlGroups.make(
                path, with: [], in: mounted,
                claims: GroupClaims { group throws(SystemError) in
                    told.append(group.isMade)
                    _ = try ControlGroups.make(path, with: [], in: mounted)
                })
        }
        #expect(error?.errno == .exists)
        // It is somebody else's, and is said to be.
        #expect(told == [true, false])
        let left = try ControlGroups.find(path, in: mounted)
        #expect(!left.isEmpty)
        try left.remove()
    }

    @Test(
        "that a process is in are not passed over where they are gone or can't be seen",
        arguments: [
            "0::/varve-test/none", "0::/varve-test/none (deleted)", "0::/../elsewhere", "5:pids:/varve-test/none",
        ])
    func vanished(line: String) throws {
        let mounted = try ControlHierarchies.mounted()
        if line.hasPrefix("0") ? mounted.unified == nil : !mounted.legacy.contains(where: { $0.name == "pids" }) {
            return
        }
        let directory = try TemporaryDirectory("claims")
        try Files.open(KernelPath(directory.file("cgroup")), flags: O_WRONLY | O_CREAT, mode: 0o600)
            .write(Array("\(line)\n".utf8))
        let process = try Files.openDirectory(KernelPath(directory.path))
        let error = #expect(throws: SystemError.self) {
            _ = try ControlGroups.entered(by: process.reference, in: mounted)
        }
        #expect(error?.errno == .noEntry)
    }
}
