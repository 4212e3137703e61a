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

    @Test("commits of one name each of a hard link keep what each name was then", arguments: Rig.modes)
    func partialLinks(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode)
        let container = try rig.container("c")
        let upper = try rig.upper(container)
        try Rig.write("\(upper)/a", "X")
        try Files.link(KernelPath("\(upper)/a"), to: KernelPath("\(upper)/b"))
        func commit(_ text: String) throws {
            let path = try #require(BytePath(parsing: text.utf8))
            _ = try rig.commit(container) { $0.paths = [path] }
        }
        try commit("/a")
        try Rig.write("\(upper)/b", "YYYY")
        try commit("/b")
        let shown = try rig.varve("run", "--rm", "base:1", "sh", "-c", "cat /a; echo; cat /b")
        #expect(shown.text == "X\nYYYY", "\(shown.errors)")
        // Committed whole, they are one file again.
        let root = try rig.repository.store().directory(rig.repository.content(of: rig.commit(container)).fs)
        #expect(root["a"] == root["b"])
        guard case .leaf(let attributes, _)? = root["a"] else { throw SystemError("find", "a", .noEntry) }
        #expect(attributes.linkGroup != nil)
    }

    @Test("names of one link group that are not alike are files of their own", arguments: Rig.modes)
    func crafted(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode)
        let store = try rig.repository.store()
        let writer = try store.writer()
        func leaf(_ name: ByteName, _ text: String, _ permissions: UInt16 = 0o644) throws -> Entry {
            let attributes = Attributes(
                kind: .regular, permissions: permissions, size: UInt64(text.utf8.count), linkGroup: LinkGroup(7))
            return Entry(name: name, node: .leaf(attributes, body: try writer.add(.blob, Array(text.utf8))))
        }
        var root = Directory(attributes: Attributes(kind: .directory, permissions: 0o755))
        root.entries = [try leaf("a", "X"), try leaf("b", "YYYY"), try leaf("c", "X"), try leaf("d", "X", 0o600)]
        let tree = try writer.add(root)
        try writer.finish()
        let mount = try rig.repository.checkout().mount(tree, in: rig.repository, writable: nil)
        func look(_ name: String) throws -> (text: String, inode: UInt64, links: UInt32) {
            let file = try Files.open(KernelPath(name), in: mount.reference, flags: O_RDONLY)
            let status = try file.status()
            return (String(decoding: try file.readAll(), as: UTF8.self), status.inode, status.linkCount)
        }
        let (a, b, c, d) = (try look("a"), try look("b"), try look("c"), try look("d"))
        #expect([a.text, b.text, c.text, d.text] == ["X", "YYYY", "X", "X"])
        #expect([a.links, b.links, c.links, d.links] == [2, 1, 2, 1])
        #expect(a.inode == c.inode)
    }
}
