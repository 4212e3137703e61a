@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

@Suite("Going back", .enabled(if: isRoot))
struct GoBackTests {
    @Test("a container's rollback keeps what was not committed, and undo brings it back")
    func container() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        try Rig.write("\(try rig.upper(container))/kept", "kept")
        let before = try tree(container, rig)
        let rollback = try rig.repository.rollback(container, to: nil, by: Rig.author)
        let saved = try #require(rollback.saved)
        #expect(try rig.repository.content(of: saved).fs == before)
        #expect(try rig.isClean(container))
        #expect(try rig.varve("start", "-a", "c").status == 0)
        let undone = try rig.repository.undo(by: Rig.author)
        #expect(undone.operation.description.hasPrefix("rollback c"))
        #expect(try tree(container, rig) == before)
        #expect(try rig.paths(container) == ["A /kept"])
        #expect(try rig.varve("start", "-a", "c").status == 0)
        #expect(try tree(container, rig) == before)
    }

    @Test("undo of a commit leaves the files as changes, stopped and running", arguments: [false, true])
    func commit(_ isRunning: Bool) throws {
        let rig = try Rig()
        let base = try rig.repository.resolve("base:1")
        let running = isRunning ? try rig.start("c") : nil
        let container = try running?.container ?? rig.container("c")
        try Rig.write("\(try running?.root ?? rig.upper(container))/new", "new")
        let id = try rig.commit(container)
        _ = try rig.repository.undo(by: Rig.author)
        #expect(try rig.repository.resolve("base:1") == base)
        #expect(try rig.paths(container) == ["A /new"])
        let again = try rig.commit(container)
        #expect(try rig.repository.content(of: again).fs == rig.repository.content(of: id).fs)
        try running?.end()
    }

    @Test("a tag goes back and undo brings it forth, past the first operation there is nothing")
    func tag() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        try Rig.write("\(try rig.upper(container))/new", "new")
        let id = try rig.commit(container)
        let moved = try rig.repository.rollback(rig.tag, to: nil, by: Rig.author)
        #expect(moved.old == id)
        _ = try rig.repository.undo(by: Rig.author)
        #expect(try rig.repository.resolve("base:1") == id)
        for _ in 0..<2 { _ = try rig.repository.undo(by: Rig.author) }
        #expect(try rig.repository.tags().isEmpty)
        #expect(throws: EngineError.self) { _ = try rig.repository.undo(by: Rig.author) }
    }

    /// All that an operation can change.
    private struct Recorded: Equatable {
        var tags: [String]
        var containers: [String]
    }

    @Test(
        "op restore to any operation gives the refs and containers that were then", arguments: [1, 2, 3, 4] as [UInt64])
    func restore(_ seed: UInt64) throws {
        let rig = try Rig()
        var random = SplitMix(seed: seed)
        let containers = [try rig.container("a"), try rig.container("b")]
        // What is written between two operations belongs to no operation, so all is written before the first record.
        for turn in 0..<4 {
            try Rig.write("\(try rig.upper(containers[0]))/f\(turn)", "\(turn)")
            _ = try rig.commit(containers[0])
        }
        try Rig.write("\(try rig.upper(containers[0]))/uncommitted", "a")
        try Rig.write("\(try rig.upper(containers[1]))/uncommitted", "b")
        let commits = try rig.repository.log(of: "base:1")
        var recorded: [(operation: ObjectID, state: Recorded)] = []
        var undoable = 0
        for turn in 0..<16 {
            let count = try rig.repository.operationLog().count
            let container = containers[Int(random.next() % 2)]
            let target = commits[Int(random.next() % UInt64(commits.count))]
            switch random.next() % 5 {
            case 0, 1:
                _ = try rig.repository.rollback(container, to: Revision(parsing: target.hex), by: Rig.author)
            case 2: _ = try rig.repository.rollback(rig.tag, to: Revision(parsing: target.hex), by: Rig.author)
            case 3: try rig.repository.createTag(TagName(parsing: "t\(turn):1"), at: target, by: Rig.author)
            default:
                if undoable > 0 {
                    _ = try rig.repository.undo(by: Rig.author)
                    undoable -= 2
                }
            }
            if try rig.repository.operationLog().count > count { undoable += 1 }
            let newest = try #require(try rig.repository.operationLog(limit: 1).first)
            recorded.append((newest.id, try record(containers, rig)))
        }
        for _ in 0..<8 {
            let one = recorded[Int(random.next() % UInt64(recorded.count))]
            try rig.repository.restore(to: one.operation, by: Rig.author)
            #expect(try record(containers, rig) == one.state, "seed \(seed)")
        }
        try rig.fsck()
        try rig.expectNoLeaks()
    }

    /// Of each container the base, and its tree.
    private func record(_ containers: [Container], _ rig: Rig) throws -> Recorded {
        Recorded(
            tags: try rig.repository.tags().map { "\($0.name) \($0.commit.hex)" },
            containers: try containers.map {
                "\(try rig.repository.state(of: $0).base.hex) \(try tree($0, rig).hex)"
            })
    }

    private func tree(_ container: Container, _ rig: Rig) throws -> ObjectID {
        try rig.repository.workingTree(of: container, in: WorkingObjects(over: try rig.repository.store()))
    }
}

extension Repository {
    fileprivate func log(of revision: String) throws -> [ObjectID] {
        var request = LogRequest()
        request.revisions = [revision]
        var result: [ObjectID] = []
        try log(request) {
            result.append($0.id)
            return true
        }
        return result
    }
}
