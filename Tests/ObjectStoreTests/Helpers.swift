import Glibc
import Linux
import Model
import Testbed

@testable import ObjectStore

/// A repository in a directory of its own.
final class Fixture {
    let directory: TemporaryDirectory
    let store: ObjectStore
    var root: String { directory.file("repository") }

    init() throws {
        directory = try TemporaryDirectory("store")
        try ObjectStore.create(at: directory.file("repository"))
        store = try ObjectStore(opening: directory.file("repository"))
    }

    @discardableResult
    func git(_ arguments: String..., input: [UInt8] = []) throws -> CommandResult {
        try Fixture.git(root, arguments, input: input)
    }

    static func git(_ root: String, _ arguments: [String], input: [UInt8] = []) throws -> CommandResult {
        try run(
            ["git", "--git-dir=\(root)/git"] + arguments,
            environment: ["GIT_CONFIG_NOSYSTEM": "1", "HOME": root, "LC_ALL": "C"], input: input)
    }

    /// `git fsck`'s complaints: empty where it has none.
    static func fsck(_ root: String) throws -> String {
        let result = try git(root, ["fsck", "--full", "--strict", "--no-dangling"])
        return result.status == 0 ? result.text : "status \(result.status): \(result.text)\(result.errors)"
    }
    func fsck() throws -> String { try Fixture.fsck(root) }

    func packs() throws -> [String] {
        try run(["sh", "-c", "ls \(root)/git/objects/pack | grep '[.]pack$'"]).text.split(separator: "\n").map(
            String.init)
    }

    func file(_ name: String, _ bytes: [UInt8]) throws -> Descriptor {
        let file = try Files.open(KernelPath(directory.file(name)), flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o644)
        try file.write(bytes)
        return file
    }
}

let ada = Signature(name: "Ada", email: "ada@example.org", seconds: 1_700_000_000, zone: 60)

func random(_ count: Int, _ generator: inout SplitMix) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

func blobID(_ bytes: [UInt8]) throws -> ObjectID? {
    ObjectID(hex: try run(["git", "hash-object", "--stdin"], input: bytes).text.prefix(40))
}

extension ObjectSink {
    /// A commit of one file.
    func commit(_ content: String, parents: [ObjectID] = []) throws -> ObjectID {
        let blob = try add(.blob, Array(content.utf8))
        let tree = try add(.tree, try Tree.encode([TreeEntry(mode: .file, name: "file", id: blob)]))
        let commit = Commit(
            tree: tree, parents: parents, author: ada, committer: ada, message: Array("\(content)\n".utf8))
        return try add(.commit, commit.encoded)
    }

    /// A body from memory, in pieces of at most `step` bytes.
    func addBody(_ bytes: [UInt8], holes: [Range<UInt64>] = [], step: Int = 1000) throws -> ObjectID {
        var position = 0
        return try addBody(size: UInt64(bytes.count), holes: holes) { buffer in
            let count = min(step, buffer.count, bytes.count - position)
            buffer.copyBytes(from: bytes[position..<(position + count)])
            position += count
            return count
        }
    }
}

extension Body {
    consuming func bytes() throws -> [UInt8] {
        switch consume self {
        case .inline(let bytes): return bytes
        case .file(let file): return try file.readAll()
        }
    }
}
