import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

extension Fixture {
    static let refs = ["a", "b", "c"].map { "refs/heads/\($0)/@x" }

    /// Makes a commit with a small file and one in the pool the next of a ref.
    @discardableResult
    func commit(_ content: String, to ref: String, time: Int64 = 1_700_000_000) throws -> ObjectID {
        let old = try store.ref(ref)
        let writer = try store.writer()
        let id = try writer.commit(content, body: "\(content) body", parents: old.map { [$0] } ?? [])
        try move(ref, to: id, writer: writer, time: time)
        return id
    }

    func move(_ ref: String, to id: ObjectID?, writer: ObjectWriter? = nil, time: Int64 = 1_700_000_000) throws {
        let author = Signature(name: ada.name, email: ada.email, seconds: time, zone: ada.zone)
        let move = RefMove(ref: ref, old: try store.ref(ref), new: id)
        try store.perform(Operation(author: author, description: "move \(ref)", moves: [move]), writer: writer)
    }

    /// A collection from beginning to end.
    @discardableResult
    static func collect(
        _ store: ObjectStore, expiry limit: Int64? = nil, before sweep: () throws -> Void = {}
    ) throws -> (objects: Amount, bodies: Amount) {
        let expiry = try limit.map { try LogExpiry(before: $0, in: store) }
        if let expiry { try store.forget(expiry) }
        let reachable = try Reachability(in: store)
        try reachable.add(try store.roots())
        let collector = try Collector(store, reachable)
        try collector.repack()
        try sweep()
        #expect(try collector.keepWritersOut(waits: true))
        try reachable.add(try store.roots())
        return try collector.sweep()
    }

    /// What git finds from all refs and reflogs, and what is stored: in packs, and in the pool.
    static func census(_ root: String) throws -> (needed: Set<String>, packed: Set<String>, pool: Set<String>) {
        let walk = try git(root, ["rev-list", "--objects", "--missing=print", "--all", "--reflog"])
        let needed = walk.text.split(separator: "\n").map { $0.first == "?" ? $0.dropFirst() : $0.prefix(40) }
        let packed = try git(root, ["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"])
        let pool = try run(["sh", "-c", "cd \(root)/pool && find . -path ./tmp -prune -o -type f -print"])
        return (
            Set(needed.map(String.init)), Set(packed.text.split(separator: "\n").map(String.init)),
            Set(pool.text.split(separator: "\n").map { $0.filter { $0 != "/" && $0 != "." } })
        )
    }

    /// All that is needed is there, and nothing else.
    static func expectExact(_ root: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (needed, packed, pool) = try census(root)
        #expect(needed == packed.union(pool), sourceLocation: sourceLocation)
        try expectSound(root, sourceLocation: sourceLocation)
    }

    static func expectSound(_ root: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let check = StoreCheck(try ObjectStore(opening: root))
        try check.checkObjects()
        try check.checkBodies()
        #expect(check.damagedFiles == [], sourceLocation: sourceLocation)
        #expect(check.damaged == [:], sourceLocation: sourceLocation)
        let (needed, packed, pool) = try census(root)
        #expect(needed.isSubset(of: packed.union(pool)), sourceLocation: sourceLocation)
        #expect(try Fixture.fsck(root) == "", sourceLocation: sourceLocation)
    }
}

extension ObjectSink {
    /// A commit of one small file and one of 20,000 bytes and more.
    func commit(_ content: String, body: String, parents: [ObjectID]) throws -> ObjectID {
        let small = try add(.blob, Array(content.utf8))
        let large = try addBody(Array(String(repeating: "\(body) ", count: 20_000 / body.utf8.count).utf8))
        let inner = try add(.tree, try Tree.encode([TreeEntry(mode: .file, name: "large", id: large)]))
        let tree = try add(
            .tree,
            try Tree.encode([
                TreeEntry(mode: .tree, name: "inner", id: inner), TreeEntry(mode: .file, name: "small", id: small),
            ]))
        let commit = Commit(
            tree: tree, parents: parents, author: ada, committer: ada, message: Array("\(content)\n".utf8))
        return try add(.commit, commit.encoded)
    }
}
