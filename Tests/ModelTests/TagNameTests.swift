import Model
import Testbed
import Testing

@Suite("Tag names")
struct TagNameTests {
    @Test(
        "a legal reference is split into name and tag",
        arguments: [
            ("debian", "debian", "latest"), ("debian:12", "debian", "12"), ("a/b/c:v1.0", "a/b/c", "v1.0"),
            ("localhost:5000/base/debian:x", "localhost:5000/base/debian", "x"),
            ("localhost:5000/base", "localhost:5000/base", "latest"), ("localhost/a", "localhost/a", "latest"),
            ("registry.example.com/a-b/c__d.e_f---g", "registry.example.com/a-b/c__d.e_f---g", "latest"),
            ("Registry.Example.com/a", "Registry.Example.com/a", "latest"), ("1.2.3.4:80/a:_", "1.2.3.4:80/a", "_"),
            ("a:A.b-C_", "a", "A.b-C_"), ("a:latest", "a", "latest"), ("a:1...2..lock", "a", "1...2..lock"),
            ("a.b", "a.b", "latest"), ("0", "0", "latest"), ("localhost", "localhost", "latest"),
            ("x.lock:y.lock", "x.lock", "y.lock"), ("a:5000", "a", "5000"),
        ])
    func legal(text: String, name: String, tag: String) throws {
        let parsed = try TagName(parsing: text)
        #expect(parsed.name == name && parsed.tag == tag)
        #expect(try TagName(parsing: parsed.description) == parsed)
        #expect(TagName(ref: parsed.ref) == parsed)
    }

    @Test(
        "what is no reference is refused",
        arguments: [
            "", ":", ":x", "a:", "/", "a/", "/a", "a//b", "A", "a/B", "-a", "a-", ".a", "a.", "a..b", "a___b", "a._b",
            "a.-b", "_a", "a_", "a b", "a:b c", "a:.b", "a:-b", "a:b:c", "a:b/c", "é", "a:é", "a@b", "a~1", "a^", "a\n",
            "a:b\n", "a:b\u{0}", "host.:5000/a", "-h.com/a", "h.com:/a", "h.com:x/a", "h.com:123456/a", "h..com/a",
            "h.com/", "h.com/A", "h:1:2/a", "a/b.c:1/d", "[::1]/a", "ａ", "a,b", "a%b", "a\u{301}",
        ])
    func illegal(text: String) {
        #expect(throws: TagName.Invalid.self) { try TagName(parsing: text) }
    }

    @Test("lengths: 128 of tag, 255 of name")
    func lengths() throws {
        _ = try TagName(parsing: "a:" + String(repeating: "b", count: 128))
        #expect(throws: TagName.Invalid.self) { try TagName(parsing: "a:" + String(repeating: "b", count: 129)) }
        _ = try TagName(parsing: String(repeating: "a", count: 255))
        #expect(throws: TagName.Invalid.self) { try TagName(parsing: String(repeating: "a", count: 256)) }
    }

    @Test("a ref that no tag gives is none's")
    func foreignRefs() {
        for ref in [
            "", "refs/heads/", "refs/heads/main", "refs/heads/@x", "refs/heads/a/@", "refs/heads//@x", "refs/tags/a/@x",
            "refs/heads/a/@x/y", "refs/heads/a/@x/@y", "refs/heads/A/@x", "refs/heads/a,b/@x", "refs/heads/a/@x:y",
            "refs/heads/a%b/@x", "refs/heads/a/@x.", "refs/heads/a/@x.lock", "refs/heads/a@x", "refs/heads/a/@,x",
            "refs/heads/a/@x,y",
        ] {
            #expect(TagName(ref: ref) == nil, "\(ref)")
        }
    }

    @Test("every legal reference is a ref that git takes, gives the tag back, and hinders no other")
    func refs() throws {
        var random = SplitMix(seed: 5)
        var tags: Set<TagName> = []
        for _ in 0..<800 { tags.insert(try TagName(parsing: random.reference())) }
        var owners: [String: TagName] = [:]
        for tag in tags {
            #expect(TagName(ref: tag.ref) == tag)
            #expect(owners.updateValue(tag, forKey: tag.ref) == nil, "\(tag.ref) twice")
        }
        for ref in owners.keys {
            // No directory above a ref is itself a ref.
            for index in ref.indices where ref[index] == "/" { #expect(owners[String(ref[..<index])] == nil, "\(ref)") }
        }
        try expectGitTakes(Array(owners.keys))
    }

    /// Git itself makes all refs in one transaction: it checks each name, and the conflicts between them.
    private func expectGitTakes(_ refs: [String]) throws {
        let directory = try TemporaryDirectory()
        let git = ["git", "-C", directory.path, "-c", "user.name=a", "-c", "user.email=a@b"]
        #expect(try run(["git", "init", "-q", "--bare", directory.path]).status == 0)
        #expect(try run(git + ["hash-object", "-w", "-t", "tree", "--stdin"]).status == 0)
        let commit = try run(git + ["commit-tree", "-m", "x", ObjectID.emptyTree.hex]).text.prefix(40)
        let commands = refs.map { "create \($0) \(commit)\n" }.joined()
        let result = try run(git + ["update-ref", "--stdin"], input: Array(commands.utf8))
        #expect(result.status == 0, "\(result.errors)")
        let listed = try run(git + ["for-each-ref", "--format=%(refname)"]).text.split(separator: "\n")
        #expect(listed.map(String.init).sorted() == refs.sorted())
        // check-ref-format takes one name a call; a name has nothing that xargs would split.
        let names = refs.prefix(100).map { $0 + "\n" }.joined()
        let checked = try run(["xargs", "-n1", "git", "check-ref-format"], input: Array(names.utf8))
        #expect(checked.status == 0, "\(checked.errors)")
    }
}

extension SplitMix {
    /// A legal reference with as much of what git minds as the grammar allows, and short parts that often collide.
    fileprivate mutating func reference() -> String {
        var parts = (0..<Int.random(in: 1...4, using: &self)).map { _ in component() }
        if Bool.random(using: &self) {
            parts.insert(element(of: ["localhost", "localhost:5", "a.b", "A.lock:5000", "a.b:1", "lock.lock"]), at: 0)
        }
        // What Docker takes for a host has no underscore.
        if parts.count > 1, parts[0].contains(".") { parts[0] = parts[0].split(separator: "_").joined(separator: "-") }
        return parts.joined(separator: "/") + ":" + tag()
    }

    private mutating func component() -> String {
        var text = element(of: ["a", "b", "lock", "0"])
        for _ in 0..<element(of: [0, 0, 1, 2]) {
            text += element(of: [".", "_", "__", "-", "--"]) + element(of: ["a", "lock", "head"])
        }
        return text
    }

    private mutating func tag() -> String {
        let first = element(of: ["a", "A", "_", "0", "HEAD", "latest"])
        return (0..<element(of: [0, 1, 2, 5])).reduce(first) { text, _ in
            text + element(of: [".", "..", ".lock", "-", "_", "a", "lock", ".LOCK"])
        }
    }
}
