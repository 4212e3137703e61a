import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("Stored names")
struct StoredNameTests {
    /// What git's fsck and libgit2 look out for, and what varve keeps for itself.
    static let nasty: [ByteName] = [
        ".git", ".GIT", ".gIt", ".git::$INDEX_ALLOCATION", ".git ", ".git.", ".git . .", ".git:x", "git~1", "GIT~1",
        "git~2", ".g\u{200c}it", "\u{200e}.git", ".gi\u{feff}t", "foo\\.git", "foo\\git~1", "\\.git\\", ".gitmodules",
        ".GitModules", ".git\u{200d}modules", ".gitattributes", ".gitignore", ".mailmap", "gitmod~1", "GITMOD~4",
        "gi7eba~1", "gi7d29~1", "gi250a~1", "maba30~1", ".varve", ".varve.", ".varve.x", ".varverc", ".varve.%41",
        ".VARVE", "%2e", "%", "\\", "..a", "...", ". ", " ", "-", "~", "~1234567", "g~123456", "gi~12345", "GI7EBA~9",
        "gi7~1234", "con", "aux.txt", "a\nb", "\u{1}",
        ByteName([0x2e, 0x67, 0x69, 0x74, 0xff]), ByteName([0xff]), ByteName([0xe2, 0x80]), ".github", "gi~",
        ByteName(String(repeating: "x", count: 255)), ByteName(".git" + String(repeating: "%", count: 251)),
        ByteName(".varve" + String(repeating: "\\", count: 249)),
    ]

    @Test("give back the name", arguments: nasty)
    func nastyRoundTrip(name: ByteName) {
        let stored = StoredName.encode(name)
        #expect(StoredName.decode(stored) == name)
        #expect(stored != StoredName.record)
        if stored != name { #expect(StoredName.decode(name) == nil || name.hasPrefix(".varve.")) }
    }

    @Test("give back any name, and no two names the same")
    func randomRoundTrip() {
        var generator = SplitMix(seed: 7)
        let parts = [".git", ".varve", "git~1", "\\", "%", "a", ".", "~", "gi", "\u{200c}", " ", "5c", "%25"]
        var origins: [ByteName: ByteName] = [:]
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...4, using: &generator)
            let name = ByteName(
                (0..<count).map { _ in parts[Int.random(in: 0..<parts.count, using: &generator)] }.joined())
            let stored = StoredName.encode(name)
            #expect(StoredName.decode(stored) == name)
            #expect(origins.updateValue(name, forKey: stored) ?? name == name)
            if let origin = StoredName.decode(name) { #expect(StoredName.encode(origin) == name) }
        }
    }

    @Test(
        "leave ordinary names alone",
        arguments: ["etc", "GIMP", "gimp~", "~", "file~1", "g~", "libgit2.so", "a.git", "x\\y", ".vimrc", "é"])
    func ordinary(name: String) {
        #expect(StoredName.encode(ByteName(name)) == ByteName(name))
    }

    @Test("pass git fsck --strict, as files, directories, links and devices")
    func gitAccepts() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let body = try writer.add(.blob, Array("[submodule \"x\"]\n\turl = -evil\n\tpath = -evil\n".utf8))
        var trees: [ObjectID] = []
        for kind in FileKind.allCases {
            var directory = Directory.empty
            for name in Set(Self.nasty).sorted() {
                var attributes = Attributes(kind: kind, permissions: 0o755)
                if kind == .regular || kind == .symlink { attributes.size = 45 }
                if kind == .characterDevice || kind == .blockDevice {
                    attributes.device = DeviceNumber(major: 1, minor: 3)
                }
                let node: Node =
                    kind == .directory
                    ? .directory(try writer.add(Directory.empty))
                    : .leaf(attributes, body: attributes.hasBody ? body : .emptyBlob)
                directory.set(name, to: node)
            }
            trees.append(try writer.add(directory))
            #expect(try writer.directory(try #require(trees.last)) == directory)
        }
        for tree in trees {
            let who = Signature(name: "Ada", email: "ada@example.org", seconds: 0, zone: 0)
            let commit = Commit(tree: tree, parents: [], author: who, committer: who, message: [10])
            try writer.add(.commit, commit.encoded)
        }
        try writer.finish()
        #expect(try fixture.fsck() == "")
    }
}
