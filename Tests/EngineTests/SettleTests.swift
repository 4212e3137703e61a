@testable import Engine
import Glibc
import Linux
import Testbed
import Testing

/// What whoever gets the right to run a container does first, where its keeper was killed.
@Suite("Settling", .enabled(if: isRoot))
struct SettleTests {
    private func killed(_ rig: Rig) throws -> Container {
        let running = try rig.start("c")
        // It would do the same.
        kill(running.varve, SIGKILL)
        kill(running.keeper, SIGKILL)
        try running.waitUntilEnded()
        guard case .running? = try rig.repository.storedState(of: running.container.id)?.status else {
            throw SystemError("kill keeper of", "c", .invalid)
        }
        return running.container
    }

    @Test("a rollback puts the end on record before it changes anything")
    func rollback() throws {
        let rig = try Rig()
        let container = try killed(rig)
        _ = try rig.repository.rollback(container, to: nil, by: Rig.author)
        #expect(try rig.repository.storedState(of: container.id)?.status == .exited(code: 137))
    }

    @Test("so does an undo that changes its files")
    func undo() throws {
        let rig = try Rig()
        let running = try rig.start("c", script: "trap exit TERM; while :; do sleep 0.1; done")
        let container = running.container
        try Rig.write("\(running.root)/new", "new")
        #expect(try rig.varve("rollback", "c").status == 0)
        let keeper = try #require(try rig.repository.state(of: container).life.keeper)
        kill(keeper.pid, SIGKILL)
        try running.waitUntilEnded()
        _ = try rig.repository.undo(by: Rig.author)
        #expect(try rig.repository.storedState(of: container.id)?.status == .exited(code: 137))
        #expect(try rig.paths(container) == ["A /new"])
    }
}
