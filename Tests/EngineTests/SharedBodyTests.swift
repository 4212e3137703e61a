@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

/// Files that share bytes, or names of one inode, without being alike.
@Suite("Bodies and links that share", .enabled(if: isRoot))
struct SharedBodyTests {
    @Test("a sparse file whose bytes are in a pack already is committed with its body", arguments: Rig.modes)
    func sparse(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode) { base in try run(["dd", "if=/dev/zero", "of=\(base)/etc/dense", "bs=8192", "count=1"])
        }
        let container = try rig.container("c")
        try run(["truncate", "-s", "8192", "\(try rig.upper(container))/sparse"])
        // Files that are younger than the clock's steps are not remembered.
        usleep(60_000)
        #expect(try rig.paths(container) == ["A /sparse"])
        let zeros = [UInt8](repeating: 0, count: 8192)
        #expect(try rig.varve("cat", "c:/sparse").output == zeros)
        _ = try rig.commit(container)
        let shown = try rig.varve("cat", "base:1:/sparse")
        #expect(shown.output == zeros, "\(shown.errors)")
        let result = try rig.varve("run", "--rm", "base:1", "cat", "/sparse")
        #expect(result.output == zeros, "\(result.errors)")
    }
}
