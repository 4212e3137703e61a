import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

/// A repository in a directory of its own, with room for files beside it.
final class Fixture {
    let directory: TemporaryDirectory
    let store: ObjectStore
    var root: String { directory.file("repository") }

    init() throws {
        directory = try TemporaryDirectory("snapshot")
        try ObjectStore.create(at: directory.file("repository"))
        store = try ObjectStore(opening: directory.file("repository"))
    }

    /// `git fsck`'s complaints: empty where it has none.
    func fsck() throws -> String {
        let result = try run(
            ["git", "--git-dir=\(root)/git", "fsck", "--full", "--strict", "--no-dangling"],
            environment: ["GIT_CONFIG_NOSYSTEM": "1", "HOME": root, "LC_ALL": "C"])
        return result.status == 0 ? result.text : "status \(result.status): \(result.text)\(result.errors)"
    }

    /// A new directory beside the repository.
    func makeDirectory(_ name: String) throws -> String {
        let path = directory.file(name)
        try Files.makeDirectory(KernelPath(path))
        return path
    }

    /// The tree of a directory, stored.
    func commit(_ path: String) throws -> ObjectID {
        let writer = try store.writer()
        let tree = try capture(path, to: writer, from: store)
        try writer.finish()
        return tree
    }

    /// Writes a tree out into a new directory.
    func materialize(_ tree: ObjectID, as name: String, for purpose: Materialize.Purpose = .copy) throws -> String {
        let path = try makeDirectory(name)
        try Materialize(from: store, for: purpose).write(tree, into: try Files.openDirectory(KernelPath(path)))
        return path
    }
}

let never = Timestamp(seconds: 0)

func capture(_ path: String, to sink: any ObjectSink, from source: any ObjectSource) throws -> ObjectID {
    try Capture(from: source, to: sink, index: FileIndex(now: never), isStored: { _, _, _ in false })
        .directory(try Files.openDirectory(KernelPath(path)))
}

func captureUpper(
    _ path: String, over base: ObjectID, in objects: ScratchObjects, leavingOut: Set<BytePath> = []
) throws -> ObjectID {
    try Capture(from: objects, to: objects, index: FileIndex(now: never), isStored: { _, _, _ in false })
        .upper(try Files.openDirectory(KernelPath(path)), over: base, leavingOut: leavingOut)
}

/// Runs a shell script that has to succeed.
@discardableResult
func shell(_ script: String, in directory: String) throws -> String {
    let result = try run(["bash", "-e", "-c", "cd \"$0\"\n\(script)", directory], environment: ["LC_ALL": "C"])
    try #require(result.status == 0, "\(script): \(result.text)\(result.errors)")
    return result.text
}

func path(_ text: String) throws -> BytePath { try #require(BytePath(parsing: text.utf8)) }

func randomBytes(_ count: Int, _ generator: inout SplitMix) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

// MARK: Whole trees

/// All of a tree, with hard links as sets of paths in place of group names.
struct Flat: Equatable {
    struct File: Equatable {
        var attributes: Attributes
        var body: ObjectID?
    }

    var files: [BytePath: File] = [:]
    var links: Set<Set<BytePath>> = []

    /// - Parameter holes: whether they count.
    init(_ root: ObjectID, in source: any ObjectSource, holes: Bool = false) throws {
        var groups: [LinkGroup: Set<BytePath>] = [:]
        var open: [(BytePath, ObjectID)] = [(.root, root)]
        while let (path, tree) = open.popLast() {
            let directory = try source.directory(tree)
            files[path] = File(attributes: directory.attributes, body: nil)
            for entry in directory.entries {
                let child = path.appending(entry.name)
                switch entry.node {
                case .directory(let subtree): open.append((child, subtree))
                case .leaf(var attributes, let body):
                    if let group = attributes.linkGroup { groups[group, default: []].insert(child) }
                    attributes.linkGroup = nil
                    if !holes { attributes.holes = [] }
                    files[child] = File(attributes: attributes, body: body)
                }
            }
        }
        links = Set(groups.values.filter { $0.count > 1 })
    }

    /// What differs from `other`, a line a path; empty where nothing does.
    func differences(from other: Flat) -> String {
        let paths = Set(files.keys).union(other.files.keys).sorted()
        var lines = paths.filter { files[$0] != other.files[$0] }.map {
            "\($0): \(files[$0].map { "\($0)" } ?? "nothing") / \(other.files[$0].map { "\($0)" } ?? "nothing")"
        }
        if links != other.links { lines.append("links: \(links) / \(other.links)") }
        return lines.joined(separator: "\n")
    }
}
