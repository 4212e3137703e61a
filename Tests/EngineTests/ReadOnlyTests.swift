@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@Suite("A repository on a read-only filesystem", .enabled(if: isRoot))
struct ReadOnlyTests {
    @Test("an operation that can't be completed keeps nobody from looking, and whoever changes something fails")
    func looks() throws {
        let rig = try Rig()
        let container = try rig.container("c")
        let applied = "\(rig.root)/git/refs/varve/applied"
        let before = try #require(try Files.contentsIfPresent(applied))
        try Rig.write("\(try rig.upper(container))/one", "1")
        _ = try rig.commit(container)
        try Rig.write("\(try rig.upper(container))/two", "2")
        try Files.replace(applied, with: before)
        try Files.discard(KernelPath("\(rig.root)/checkouts/.choice"))
        try #require(try run(["mount", "--bind", rig.root, rig.root]).status == 0)
        defer { _ = try? run(["umount", "-l", rig.root]) }
        try #require(try run(["mount", "-o", "remount,bind,ro", rig.root]).status == 0)

        let looks = [
            ["log", "base:1"], ["log", "c"], ["show", "base:1"], ["diff", "c"], ["status", "c"], ["ls", "c:/"],
            ["cat", "c:/two"], ["cat", "base:1:/etc/motd"], ["info"], ["ps", "-a"], ["op", "log"], ["tag"],
        ]
        for line in looks {
            let result = try run([Rig.varve] + line, environment: rig.environment)
            #expect(result.status == 0 && !result.text.isEmpty, "\(line): \(result.errors)")
        }
        let changes = [
            ["commit", "c"], ["rollback", "c"], ["rollback", "base:1"], ["tag", "new", "base:1"], ["undo"],
            ["rm", "c"],
            ["start", "-a", "c"], ["run", "base:1", "true"],
        ]
        for line in changes {
            let result = try run([Rig.varve] + line, environment: rig.environment)
            #expect(result.status >= 3 && result.errors.contains("Read-only file system"), "\(line): \(result.errors)")
        }
        try #require(try run(["umount", rig.root]).status == 0)
        #expect(try rig.paths(container) == ["A /two"])
    }
}
