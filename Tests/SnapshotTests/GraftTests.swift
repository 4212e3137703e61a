import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("Grafting")
struct GraftTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let base: [String]
        let other: [String]
        let paths: [String]
        let result: [String]
        init(_ description: String, _ base: [String], _ other: [String], _ paths: [String], _ result: [String]) {
            (testDescription, self.base, self.other, self.paths, self.result) = (
                description, base, other, paths, result
            )
        }
    }

    /// Files by path, each with its content after `=`; a directory ends in a slash.
    static let cases = [
        Case("a file taken over", ["a=1", "b=1"], ["a=2", "b=2"], ["a"], ["a=2", "b=1"]),
        Case("a file added", ["b=1"], ["a=2"], ["a"], ["a=2", "b=1"]),
        Case("a file removed", ["a=1", "b=1"], ["b=2"], ["a"], ["b=1"]),
        Case("a directory taken over", ["d/a=1", "d/b=1"], ["d/a=2", "d/c=2"], ["d"], ["d/", "d/a=2", "d/c=2"]),
        Case("a file below", ["d/a=1", "d/b=1"], ["d/a=2", "d/b=2"], ["d/b"], ["d/", "d/a=1", "d/b=2"]),
        Case(
            "below a missing directory", ["x=1"], ["d/e/a=2", "d/e/b=2", "d/c=2"], ["d/e/a"],
            ["d/", "d/e/", "d/e/a=2", "x=1"]),
        Case("removed below a directory that is gone", ["d/a=1", "d/b=1"], ["x=2"], ["d/a"], ["d/", "d/b=1"]),
        Case("removed below what is a file now", ["d/a=1", "d/b=1"], ["d=2"], ["d/a"], ["d/", "d/b=1"]),
        Case("below what was a file", ["d=1"], ["d/a=2", "d/b=2"], ["d/a"], ["d/", "d/a=2"]),
        Case("nothing on both sides", ["x=1"], ["y=2"], ["a", "a/b", "x/y"], ["x=1"]),
        Case("nothing below a directory of the other", ["x=1"], ["d/a=2"], ["d/none", "d/none/more"], ["x=1"]),
        Case("nothing below, and a file in its place", ["d=1"], ["d/a=2"], ["d/none"], ["d=1"]),
        Case("a path and one below it", ["d/a=1"], ["d/a=2", "d/b=2"], ["d", "d/a"], ["d/", "d/a=2", "d/b=2"]),
        Case(
            "several at once", ["a=1", "d/b=1", "e/c=1"], ["a=2", "d/b=2"], ["a", "d/b", "e/c"],
            ["a=2", "d/", "d/b=2", "e/"]),
        Case("the root", ["a=1"], ["b=2"], ["/", "a"], ["b=2"]),
        Case("no path", ["a=1"], ["b=2"], [], ["a=1"]),
    ]

    @Test("of", arguments: cases)
    func graft(item: Case) throws {
        let fixture = try Fixture()
        let objects = ScratchObjects(over: fixture.store)
        func tree(_ files: [String]) throws -> ObjectID {
            let builder = TreeBuilder()
            for file in files {
                let parts = file.split(separator: "=").map(String.init)
                if parts.count == 1 {
                    try builder.addDirectory(path(parts[0]), Directory.empty.attributes)
                } else {
                    let attributes = Attributes(kind: .regular, permissions: 0o644, size: 1)
                    let body = try objects.add(.blob, Array(parts[1].utf8))
                    try builder.addLeaf(path(parts[0]), attributes, body: body)
                }
            }
            return try builder.write(to: objects)
        }
        let (base, other) = (try tree(item.base), try tree(item.other))
        let result = try objects.graft(
            item.paths.map { try path($0) }, from: other, onto: base, writingTo: objects)
        let paths = try Flat(result, in: objects).files.keys.sorted()
        #expect(try result == tree(item.result), "\(paths)")
    }
}
