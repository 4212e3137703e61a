@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@Suite("Killed at any moment", .enabled(if: isRoot))
struct KillTests {
    @Test("after a kill in import, commit or rollback everything is as before or as after")
    func kills() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        try run(["sh", "-c", "head -c 3000000 /dev/urandom > \"$0\"", "\(rig.directory.path)/base/data/random"])
        try run(["tar", "-C", rig.directory.file("base"), "-cf", rig.directory.file("tar"), "."])
        var random = SplitMix(seed: 11)
        var done = 0
        for turn in 0..<30 {
            let repository = try rig.again()
            let tags = try repository.tags().map { "\($0.name) \($0.commit.hex)" }
            let base = try repository.state(of: container).base
            let command: String
            switch turn % 3 {
            case 0: command = "import new:\(turn) \(rig.directory.file("tar"))"
            case 1:
                try Rig.write("\(try rig.upper(container))/turn", "\(turn)")
                command = "commit c -m turn"
            default: command = "rollback c base:1~1"
            }
            let line =
                "\"$0\" \(command) >/dev/null 2>&1 & p=$!; sleep 0.\(String(1005 + random.next() % 60).dropFirst()); kill -9 $p; wait $p"
            let status = try run(["sh", "-c", line, Rig.varve], environment: rig.environment).status
            if status == 0 { done += 1 }

            let after = try rig.again()
            let now = try after.tags().map { "\($0.name) \($0.commit.hex)" }
            // One tag came or moved, or none.
            #expect(Set(now).subtracting(tags).count <= 1)
            #expect(now.count == tags.count || now.count == tags.count + 1)
            let state = try after.state(of: container)
            if turn % 3 == 0 { #expect(state.base == base) }
            if turn % 3 == 1 {
                #expect(
                    try (now != tags) == (state.base != base)
                        && (state.base == base || after.resolve("base:1") == state.base))
            }
            if case .running = state.status { Issue.record("it does not run") }
            _ = try after.status(of: container)
            // What comes next works.
            if try !after.status(of: container).changes.isEmpty {
                _ = try after.rollback(container, to: nil, by: Rig.author)
            }
            _ = try after.rollback(container, to: Revision(parsing: "base:1"), by: Rig.author)
            #expect(try after.status(of: container).changes.isEmpty)
            if turn % 6 == 5 { try rig.fsck() }
        }
        try rig.fsck()
        #expect(done < 30, "no kill came in time")
    }
}
