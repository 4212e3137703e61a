@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

@Suite("Operations that recovery sees again", .enabled(if: isRoot))
struct ReplayTests {
    @Test(
        "what was written after rollbacks stays when a power cut makes recovery look at them again",
        arguments: [false, true])
    func rollbacks(_ endsInCommit: Bool) throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let base = try rig.repository.resolve("base:1")
        try Rig.write("\(try rig.upper(container))/one", "1")
        let target = try rig.commit(container) { $0.allowsEmpty = true }
        let applied = "\(rig.root)/git/refs/varve/applied"
        let before = try #require(try Files.contentsIfPresent(applied))

        // To the base that it is on, there and back, and perhaps a commit on top.
        try Rig.write("\(try rig.upper(container))/two", "2")
        for revision in [target, base, target] {
            _ = try rig.repository.rollback(container, to: Revision(parsing: revision.hex), by: Rig.author)
        }
        try Rig.write("\(try rig.upper(container))/three", "3")
        let last = endsInCommit ? try rig.commit(container) : target
        try Rig.write("\(try rig.upper(container))/four", "4")
        let state = try rig.repository.state(of: container)

        try Files.replace(applied, with: before)
        let again = try rig.again()
        #expect(try again.state(of: container) == state)
        let changes = try again.status(of: container).changes.filter { !$0.isTimesOnly }
        #expect(changes.map(\.path.description) == (endsInCommit ? ["/four"] : ["/four", "/three"]))
        #expect(try again.resolve("base:1") == last)
        #expect(try !again.store().needsRecovery())
    }
}
