import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct CodecTests {
    @Test("a commit survives encoding and decoding, whatever its bytes are", arguments: 0..<200)
    func commitRoundTrip(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let commit = randomCommit(&generator)
        #expect(try Commit(decoding: commit.encoded) == commit)
    }

    @Test("git takes our commits, and we write what git writes")
    func commitsOfGit() throws {
        let fixture = try Fixture()
        let tree = try #require(ObjectID(hex: try fixture.git("mktree").text.prefix(40)))
        var generator = SplitMix(seed: 5)
        for _ in 0..<10 {
            var commit = randomCommit(&generator)
            commit.tree = tree
            commit.extraHeaders = []
            commit.message.removeAll { $0 == 0 }
            let result = try fixture.git("hash-object", "-t", "commit", "-w", "--stdin", input: commit.encoded)
            #expect(result.text.prefix(40) == ObjectHash.id(of: .commit, commit.encoded).hex, "\(result.errors)")
        }
        let made = try run(
            ["git", "--git-dir=\(fixture.root)/git", "commit-tree", tree.hex, "-m", "über"],
            environment: [
                "GIT_AUTHOR_NAME": "A B", "GIT_AUTHOR_EMAIL": "a@b", "GIT_AUTHOR_DATE": "1700000000 -0330",
                "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "", "GIT_COMMITTER_DATE": "1700000001 +1245",
            ])
        let id = try #require(ObjectID(hex: made.text.prefix(40)))
        let commit = try fixture.store.commit(id)
        #expect(commit.author == Signature(name: "A B", email: "a@b", seconds: 1_700_000_000, zone: -210))
        #expect(commit.committer.zone == 765)
        #expect(commit.encoded == (try fixture.git("cat-file", "commit", id.hex).output))
        #expect(try fixture.fsck() == "")
    }

    @Test(
        "a commit that is not exactly as we would write it is refused",
        arguments: [
            "", "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904", "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\n",
            "tree 4B825DC642CB6EB9A060E54BF8D69288FBEE4904\nauthor a <b> 1 +0000\ncommitter a <b> 1 +0000\n\n",
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <b> 01 +0000\ncommitter a <b> 1 +0000\n\n",
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <b> -1 +0000\ncommitter a <b> 1 +0000\n\n",
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <b> 1 0000\ncommitter a <b> 1 +0000\n\n",
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a b 1 +0000\ncommitter a <b> 1 +0000\n\n",
            "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <b> 1 +0000\ncommitter a <b> 1 +0000\nx y\n",
        ])
    func refusedCommit(text: String) {
        #expect(throws: StoreError.self) { _ = try Commit(decoding: Array(text.utf8)) }
    }

    @Test("a signature leaves out what git can't write")
    func cleanedSignature() {
        let signature = Signature(name: "a<b>\nc", email: "<x>", seconds: -5, zone: 100_000)
        #expect(signature == Signature(name: "abc", email: "x", seconds: 0, zone: 0))
    }

    @Test("a tree survives encoding in any order, and decoding", arguments: 0..<100)
    func treeRoundTrip(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let entries = randomEntries(&generator)
        let bytes = try Tree.encode(entries)
        let decoded = try Tree.decode(bytes)
        #expect(Set(decoded) == Set(entries))
        #expect(try Tree.encode(decoded.shuffled(using: &generator)) == bytes)
    }

    @Test("git mktree makes the same tree")
    func treesOfGit() throws {
        let fixture = try Fixture()
        var generator = SplitMix(seed: 6)
        for _ in 0..<10 {
            let entries = randomEntries(&generator)
            var input: [UInt8] = []
            for entry in entries {
                let (mode, kind) =
                    switch entry.mode {
                    case .tree: ("040000", "tree")
                    case .file: ("100644", "blob")
                    case .executable: ("100755", "blob")
                    case .symlink: ("120000", "blob")
                    }
                input += Array("\(mode) \(kind) \(entry.id.hex)\t".utf8) + entry.name.bytes + [0]
            }
            let made = try fixture.git("mktree", "-z", "--missing", input: input)
            #expect(made.text.prefix(40) == ObjectHash.id(of: .tree, try Tree.encode(entries)).hex, "\(made.errors)")
        }
    }

    @Test("names that no entry can have, and names that come twice, are refused")
    func refusedNames() {
        let id = ObjectID.emptyBlob
        func refused(_ entries: [(TreeEntry.Mode, ByteName)]) -> Bool {
            do throws(StoreError) {
                _ = try Tree.encode(entries.map { TreeEntry(mode: $0.0, name: $0.1, id: id) })
                return false
            } catch { return true }
        }
        for name: ByteName in ["", ".", "..", "a/b", "a\0"] { #expect(refused([(.file, name)])) }
        #expect(refused([(.file, "a"), (.symlink, "a")]))
        #expect(refused([(.file, "a"), (.file, "a-b"), (.file, "a.b"), (.tree, "a")]))
        #expect(!refused([(.file, "a-"), (.file, "a.b"), (.tree, "a"), (.file, "a0")]))
    }

    @Test("a tree cut short, out of order or of a foreign mode is refused")
    func refusedTrees() throws {
        let entries = ["a", "b"].map { TreeEntry(mode: .file, name: ByteName($0), id: .emptyBlob) }
        let whole = try Tree.encode(entries)
        for count in 1..<whole.count where count != whole.count / 2 {
            #expect(throws: StoreError.self) { _ = try Tree.decode(Array(whole[..<count])) }
        }
        let half = whole.count / 2
        #expect(throws: StoreError.self) { _ = try Tree.decode(Array(whole[half...] + whole[..<half])) }
        #expect(throws: StoreError.self) { _ = try Tree.decode(Array("160000".utf8) + whole[6...]) }
        #expect(throws: StoreError.self) { _ = try Tree.decode(Array("100664".utf8) + whole[6...]) }
        #expect(throws: StoreError.self) { _ = try Tree.decode(Array("0".utf8) + whole) }
    }

    @Test("an operation survives encoding and decoding", arguments: 0..<100)
    func operationRoundTrip(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let operation = randomOperation(&generator)
        let previous = Bool.random(using: &generator) ? randomID(&generator) : nil
        let bytes = operation.encoded(after: previous)
        let decoded = try Operation.decode(bytes)
        #expect(decoded.operation == operation)
        #expect(decoded.previous == previous)
        #expect(bytes.allSatisfy { $0 == 10 || (32...126).contains($0) })
        var broken = bytes
        broken.remove(at: Int.random(in: 0..<broken.count, using: &generator))
        // Some bytes may be missed by no one (a digit of the time): then the text is another operation's.
        if let other = try? Operation.decode(broken) { #expect(other.operation != operation) }
    }

    private func randomID(_ generator: inout SplitMix) -> ObjectID {
        ObjectID(bytes: random(20, &generator)) ?? .emptyBlob
    }

    private func randomCommit(_ generator: inout SplitMix) -> Commit {
        func signature() -> Signature {
            Signature(
                name: ByteName(random(Int.random(in: 0...20, using: &generator), &generator)),
                email: ByteName(random(Int.random(in: 0...20, using: &generator), &generator)),
                seconds: Int64.random(in: 0...20_000_000_000, using: &generator),
                zone: Int.random(in: -839...839, using: &generator))
        }
        return Commit(
            tree: randomID(&generator),
            parents: (0..<Int.random(in: 0...4, using: &generator)).map { _ in randomID(&generator) },
            author: signature(), committer: signature(),
            extraHeaders: Bool.random(using: &generator) ? Array("gpgsig a\n b\nencoding x\n".utf8) : [],
            message: random(Int.random(in: 0...50, using: &generator), &generator))
    }

    private func randomEntries(_ generator: inout SplitMix) -> [TreeEntry] {
        let alphabet: [UInt8] = Array("ab-./0A".utf8).filter { $0 != UInt8(ascii: "/") } + [0xff, 0x0a, 0x20]
        var names: Set<ByteName> = []
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            let name = ByteName(
                (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    alphabet.randomElement(using: &generator) ?? 65
                })
            if name != "." && name != ".." { names.insert(name) }
        }
        let modes: [TreeEntry.Mode] = [.tree, .file, .executable, .symlink]
        return names.sorted().map {
            TreeEntry(mode: modes.randomElement(using: &generator) ?? .file, name: $0, id: randomID(&generator))
        }
    }

    private func randomOperation(_ generator: inout SplitMix) -> Operation {
        let texts = ["", "-", "a b", "commit debian:12: install \"nginx\"", "ü \\ =", "tab\there"]
        func text() -> String { texts.randomElement(using: &generator) ?? "" }
        func id() -> ObjectID? { Bool.random(using: &generator) ? randomID(&generator) : nil }
        return Operation(
            author: Signature(
                name: ByteName(text()), email: ByteName(text()),
                seconds: Int64.random(in: 0...9_999_999_999, using: &generator), zone: 60),
            description: text(),
            moves: (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                RefMove(ref: "refs/heads/\(text())", old: id(), new: id())
            },
            bases: (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                BaseMove(
                    container: text(), old: randomID(&generator), new: randomID(&generator),
                    upper: Int.random(in: 0...1000, using: &generator), oldContent: id(), newContent: id())
            },
            undoes: id())
    }
}
