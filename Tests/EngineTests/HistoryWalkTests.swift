import Model
import ObjectStore
import Testbed
import Testing

@testable import Engine

@Suite("Walking history")
struct HistoryWalkTests {
    /// Commits by name, each with the date of its committer and its parents, which come before it.
    private struct History {
        let directory: TemporaryDirectory
        let store: ObjectStore
        private(set) var ids: [String: ObjectID] = [:]

        init(_ commits: [(name: String, date: Int64, parents: [String])], missing: ObjectID? = nil) throws {
            directory = try TemporaryDirectory("walk")
            try ObjectStore.create(at: directory.file("repo"))
            store = try ObjectStore(opening: directory.file("repo"))
            let writer = try store.writer()
            for (name, date, parents) in commits {
                let who = Signature(name: "Ann", email: "ann@example.org", seconds: date)
                let commit = Commit(
                    tree: .emptyTree, parents: parents.compactMap { ids[$0] ?? missing }, author: who, committer: who,
                    message: Array(name.utf8))
                ids[name] = try writer.add(.commit, commit.encoded)
            }
            try writer.finish()
        }

        func walk(_ starts: [String], without excluded: [String] = []) throws -> String {
            var walk = try HistoryWalk(
                from: starts.compactMap { ids[$0] }, excluding: excluded.compactMap { ids[$0] }, in: store)
            var told = ""
            while let (_, commit) = try walk.next() { told += String(decoding: commit.message, as: UTF8.self) }
            return told
        }
    }

    @Test("children come before their parents where a clock was wrong, directly and by a way between")
    func clocks() throws {
        let history = try History([
            ("R", 10, []), ("P", 5000, ["R"]), ("Y", 90, ["P"]), ("A", 100, ["Y"]), ("B", 200, ["P"]),
            ("M", 300, ["A", "B"]), ("T", 400, ["M"]),
        ])
        #expect(try history.walk(["T"]) == "TMBAYPR")
        #expect(try history.walk(["A", "B"]) == "BAYPR")
        #expect(try history.walk(["P", "M", "R"]) == "MBAYPR")
        #expect(try history.walk(["M", "M"], without: ["P"]) == "MBAY")
        #expect(try history.walk(["T", "Y"], without: ["B"]) == "TMAY")
    }

    @Test("with clocks that are right the newest comes first")
    func dates() throws {
        let history = try History([
            ("R", 10, []), ("A", 20, ["R"]), ("B", 30, ["R"]), ("C", 40, ["A"]), ("D", 50, ["B"]),
            ("E", 60, ["C", "D"]),
        ])
        #expect(try history.walk(["E"]) == "EDCBAR")
        #expect(try history.walk(["E"], without: ["B"]) == "EDCA")
        #expect(try history.walk(["C", "D"]) == "DCBAR")
    }

    @Test("of a line no more is read than is asked for")
    func lazy() throws {
        let missing = ObjectID(hashing: .blob, Array("nothing".utf8))
        let history = try History([("A", 1, ["none"]), ("B", 2, ["A"]), ("C", 3, ["B"])], missing: missing)
        let start = try #require(history.ids["C"])
        var walk = try HistoryWalk(from: [start], excluding: [], in: history.store)
        #expect(try walk.next()?.0 == start)
        #expect(try walk.next()?.0 == history.ids["B"])
        #expect(throws: StoreError.self) { try walk.next() }
    }
}
