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

    @Test("op restore to any operation gives the refs and containers that were then", arguments: [1, 2, 3] as [UInt64])
    func restore(_ seed: UInt64) throws {
        let rig = try Rig()
        var random = SplitMix(seed: seed)
        let containers = [try rig.container("a"), try rig.container("b")]
        var recorded: [(operation: ObjectID, state: Recorded)] = []
        func note() throws {
            guard let newest = try rig.repository.operationLog(limit: 1).first else { return }
            recorded.append((newest.id, try record(containers, rig)))
        }
        for turn in 0..<14 {
            let container = containers[Int(random.next() % 2)]
            guard try rig.repository.tags().contains(where: { $0.name == rig.tag }) else { break }
            let commits = try rig.repository.log(of: "base:1")
            let target = try Revision(parsing: commits[Int(random.next() % UInt64(commits.count))].hex)
            switch random.next() % 5 {
            case 0, 1,
                _ where turn == 0:
                // Files are written only right before something keeps them, so every state is one that is kept.
                try Rig.write("\(try rig.upper(container))/f\(turn)", "\(turn)")
                _ = try rig.commit(container) { $0.tag = try? TagName(parsing: "t\(turn):1") }
                _ = try rig.repository.rollback(rig.tag, to: Revision(parsing: "t\(turn):1"), by: Rig.author)
            case 2: _ = try rig.repository.rollback(container, to: target, by: Rig.author)
            case 3: _ = try rig.repository.rollback(rig.tag, to: target, by: Rig.author)
            default: if turn > 2 { _ = try rig.repository.undo(by: Rig.author) }
            }
            try note()
        }
        for _ in 0..<6 {
            let one = recorded[Int(random.next() % UInt64(recorded.count))]
            try rig.repository.restore(to: one.operation, by: Rig.author)
            let now = try record(containers, rig)
            #expect(now.tags == one.state.tags, "seed \(seed)")
            #expect(now.containers.map { $0.prefix(40) } == one.state.containers.map { $0.prefix(40) }, "seed \(seed)")
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
