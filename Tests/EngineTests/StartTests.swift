@testable import Engine
import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A start that fails", .enabled(if: isRoot))
struct StartTests {
    private func container(
        _ rig: Rig, _ command: [String], _ change: (inout ContainerConfiguration) throws -> Void = { _ in }
    ) throws -> Container {
        var configuration = ContainerConfiguration()
        configuration.command = command
        try change(&configuration)
        return try rig.repository.createContainer(
            on: try Revision(parsing: "base:1"), name: "c", configuration: configuration, isLasting: true)
    }

    private func run(_ rig: Rig, _ container: Container) throws {
        _ = try rig.repository.run(container, console: RunConsole(isInteractive: false), isLasting: true)
    }

    @Test("leaves no change, whatever it had made to mount on, and whether it failed early or late")
    func leavesNoChange() throws {
        let rig = try Rig()
        let container = try container(rig, ["nosuch"]) {
            $0.storage.mounts = [try StorageMount(.path(rig.directory.file("base")), at: "/srv/deep")]
            $0.workingDirectory = "/new/place"
        }
        #expect(throws: RuntimeError.self) { try run(rig, container) }
        #expect(try rig.repository.state(of: container).mountPoints.count == 7)
        #expect(try rig.isClean(container))
        try rig.repository.remove(container)
        // What can't be mounted at comes after what can.
        let early = try self.container(rig, ["true"]) {
            $0.storage.mounts = try ["/srv", "/etc/motd/x"].map {
                try StorageMount(.path(rig.directory.file("base")), at: $0)
            }
        }
        #expect(throws: RuntimeError.self) { try run(rig, early) }
        #expect(try rig.repository.state(of: early).mountPoints == [BytePath(["srv"])])
        #expect(try rig.isClean(early))
    }

    @Test("leaves no process where its state can't be written")
    func stateUnwritable() throws {
        let rig = try Rig()
        let mark = "\(UInt32.random(in: 1_000_000...(.max)))"
        let container = try container(rig, ["sh", "-c", "echo >/data/started; exec sleep \(mark)"]) {
            $0.storage.mounts = [try StorageMount(.path(rig.directory.path), at: "/data")]
        }
        // The first to be locked after the process has been started.
        try Files.makeDirectory(KernelPath(rig.repository.files(of: container.id).stateLock))
        #expect(throws: SystemError.self) { try run(rig, container) }
        let processes = try Testbed.run(["sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]).text
        #expect(!processes.contains("sleep \(mark)"))
        #expect(try !rig.repository.isRunning(container))
        try rig.expectNoLeaks()
    }
}
