import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite("Going back in history")
struct AncestryTests {
    @Test("finds the same commits with a commit-graph as without, and git takes the graph")
    func generations() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let tree = try writer.add(.tree, try Tree.encode([]))
        var chain: [ObjectID] = []
        let side = try writer.add(
            .commit,
            Commit(tree: tree, parents: [], author: ada, committer: ada, message: Array("side\n".utf8)).encoded)
        for number in 0..<60 {
            // Every tenth is a merge: only its first parent is followed.
            let parents = chain.suffix(1) + (number % 10 == 9 ? [side] : [])
            let commit = Commit(
                tree: tree, parents: Array(parents), author: ada, committer: ada, message: Array("\(number)\n".utf8))
            chain.append(try writer.add(.commit, commit.encoded))
        }
        let tip = chain[59]
        let ref = try TagName(parsing: "web:1").ref
        try fixture.store.perform(
            Operation(author: ada, description: "make", moves: [RefMove(ref: ref, old: nil, new: tip)]), writer: writer)

        func check() throws {
            for generation in [0, 1, 9, 30, 59] {
                #expect(try fixture.store.ancestor(of: tip, generations: generation) == chain[59 - generation])
            }
            #expect(try fixture.store.ancestor(of: tip, generations: 60) == nil)
        }
        try check()
        try fixture.store.writeCommitGraph()
        try check()
        #expect(try fixture.git("commit-graph", "verify").status == 0)
        #expect(try ObjectStore(opening: fixture.root).ancestor(of: tip, generations: 45) == chain[14])
        #expect(try fixture.fsck() == "")
    }

    @Test("finds the merge base that git finds")
    func mergeBase() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let tree = try writer.add(.tree, try Tree.encode([]))
        func commit(_ name: String, _ parents: ObjectID...) throws -> ObjectID {
            try writer.add(
                .commit,
                Commit(tree: tree, parents: parents, author: ada, committer: ada, message: Array("\(name)\n".utf8))
                    .encoded)
        }
        let root = try commit("root")
        let fork = try commit("fork", root)
        let left = try commit("left", fork)
        let right = try commit("right", try commit("before", fork))
        let merge = try commit("merge", left, right)
        let other = try commit("other")
        try writer.finish()
        for (a, b, base) in [(left, right, fork), (merge, right, right), (root, merge, root), (left, left, left)] {
            #expect(try fixture.store.mergeBase(a, b) == base)
            #expect(try fixture.git("merge-base", a.hex, b.hex).text == "\(base.hex)\n")
        }
        #expect(try fixture.store.mergeBase(left, other) == nil)
    }
}
