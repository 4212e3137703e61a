import Model
import ObjectStore
import Snapshot
import Testbed
import Testing

@testable import Engine

@Suite("Trees that no image can be made of")
struct ImageInodesTests {
    /// A tree of so many levels, in each of which the one below stands under these names.
    private func nested(_ levels: Int, _ names: [ByteName], in store: ObjectStore) throws -> ObjectID {
        let writer = try store.writer()
        var tree = try writer.add(Directory.empty)
        for _ in 0..<levels {
            var directory = Directory.empty
            directory.entries = names.map { Entry(name: $0, node: .directory(tree)) }
            tree = try writer.add(directory)
        }
        try writer.finish()
        return tree
    }

    @Test("one that is too deep, or stands for too many files, is refused")
    func refused() throws {
        let directory = try TemporaryDirectory("inodes")
        try ObjectStore.create(at: directory.file("repo"))
        let store = try ObjectStore(opening: directory.file("repo"))
        #expect(try ImageInodes(of: try nested(512, ["d"], in: store), in: store).inodes.count == 513)
        #expect(throws: SnapshotError.self) { try ImageInodes(of: try nested(513, ["d"], in: store), in: store) }
        let wide = try nested(30, ["a", "b"], in: store)
        #expect(throws: SnapshotError.self) { try ImageInodes(of: wide, in: store, limit: 1000) }
        let small = try nested(3, ["a", "b"], in: store)
        #expect(try ImageInodes(of: small, in: store, limit: 15).inodes.count == 15)
        #expect(throws: SnapshotError.self) { try ImageInodes(of: small, in: store, limit: 14) }
    }
}
