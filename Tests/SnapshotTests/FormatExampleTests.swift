import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("The example of docs/format.md")
struct FormatExampleTests {
    @Test("has the bytes and ids that the page shows")
    func example() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let hello = try writer.add(.blob, Array("hello\n".utf8))
        let target = try writer.add(.blob, Array("hello".utf8))
        let time = Timestamp(seconds: 1_700_000_000)

        let builder = TreeBuilder()
        try builder.addDirectory(.root, Attributes(kind: .directory, permissions: 0o755, modified: time))
        try builder.addLeaf(
            path(".git"), Attributes(kind: .regular, permissions: 0o600, modified: time, size: 6), body: hello)
        try builder.addLeaf(
            path("a b"), Attributes(kind: .symlink, permissions: 0o777, modified: time, size: 5), body: target)
        try builder.addDirectory(
            path("dev"), Attributes(kind: .directory, permissions: 0o755, modified: Timestamp(seconds: -1)))
        try builder.addLeaf(
            path("dev/null"),
            Attributes(
                kind: .characterDevice, permissions: 0o666, modified: time, device: DeviceNumber(major: 1, minor: 3)),
            body: .emptyBlob)
        try builder.addLeaf(
            path("hello"),
            Attributes(
                kind: .regular, permissions: 0o4755, uid: 1000, gid: 50,
                modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 5), size: 6,
                xattrs: [ExtendedAttribute(name: "user.note", value: Array("a=b\n".utf8))]), body: hello)
        try builder.addHardLink(path("same"), to: path("hello"))
        let root = try builder.write(to: writer)
        try writer.add(.blob, [])
        try writer.finish()

        guard case .directory(let dev)? = try fixture.store.directory(root)["dev"] else {
            Issue.record("no dev")
            return
        }
        func git(_ arguments: String...) throws -> String {
            try run(["git", "--git-dir=\(fixture.root)/git"] + arguments).text
        }
        let page = try run(["cat", "\(#filePath)/../../../docs/format.md".normalized]).text
        for tree in [root, dev] {
            let listing = "$ git ls-tree \(tree)\n" + (try git("ls-tree", tree.hex))
            #expect(page.contains(listing), "\(listing)")
            let record = "$ git cat-file blob \(tree.short):.varve\n" + (try git("cat-file", "blob", "\(tree):.varve"))
            #expect(page.contains(record), "\(record)")
        }
        #expect(try fixture.fsck() == "")
    }
}

extension String {
    /// Without `..`, which the kernel would look up below this file.
    fileprivate var normalized: String {
        var parts: [Substring] = []
        for part in split(separator: "/") { if part == ".." { parts.removeLast() } else { parts.append(part) } }
        return "/" + parts.joined(separator: "/")
    }
}
