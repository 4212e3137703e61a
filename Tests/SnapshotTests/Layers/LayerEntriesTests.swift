import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("What a layer has to say")
struct LayerEntriesTests {
    let fixture: Fixture
    let objects: ScratchObjects

    init() throws {
        fixture = try Fixture()
        objects = ScratchObjects(over: fixture.store)
    }

    /// A tree of random files, and hard links among them.
    private func randomTree(_ generator: inout SplitMix) throws -> ObjectID {
        let builder = LayerBuilder(onto: nil, from: objects)
        var files: [BytePath] = []
        for _ in 0..<Int.random(in: 0...25, using: &generator) {
            let names = (0...Int.random(in: 0...2, using: &generator)).map { _ in
                ByteName("\(Character(Unicode.Scalar(UInt8.random(in: 97...100, using: &generator))))")
            }
            let path = BytePath(names)
            let permissions = UInt16.random(in: 0...3, using: &generator)
            do {
                switch Int.random(in: 0...5, using: &generator) {
                case 0: try builder.addDirectory(path, Attributes(kind: .directory, permissions: permissions))
                case 1 where !files.isEmpty: try builder.addHardLink(path, to: files.randomElement(using: &generator)!)
                default:
                    let body = try objects.add(.blob, [UInt8.random(in: 0...2, using: &generator)])
                    try builder.addLeaf(path, Attributes(kind: .regular, permissions: permissions, size: 1), body: body)
                    files.append(path)
                }
            } catch SnapshotError.conflict { continue }
        }
        return try builder.write(to: objects)
    }

    private func apply(_ items: [LayerItem], onto base: ObjectID?) throws -> ObjectID {
        let builder = LayerBuilder(onto: base, from: objects)
        for item in items {
            switch item.content {
            case .directory(let attributes): try builder.addDirectory(item.path, attributes)
            case .leaf(var attributes, let body):
                attributes.linkGroup = nil
                try builder.addLeaf(item.path, attributes, body: body)
            case .hardLink(let target, _, _): try builder.addHardLink(item.path, to: target)
            case .whiteout: try builder.addWhiteout(item.path)
            }
        }
        return try builder.write(to: objects)
    }

    @Test("applied to the old tree it gives the new one", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        var hadLinks = false
        for _ in 0..<150 {
            let (old, new) = (try randomTree(&generator), try randomTree(&generator))
            let items = try LayerEntries.between(old, new, in: objects)
            let wanted = try Flat(new, in: objects)
            #expect(try Flat(try apply(items, onto: old), in: objects).differences(from: wanted) == "")
            hadLinks = hadLinks || items.contains { if case .hardLink = $0.content { true } else { false } }
            let all = try LayerEntries.between(nil, new, in: objects)
            #expect(try Flat(try apply(all, onto: nil), in: objects).differences(from: wanted) == "")
            #expect(all.count == wanted.files.count)
        }
        #expect(hadLinks)
    }

    @Test("brings the directories on the way and all names of a file, and nothing else")
    func complete() throws {
        let file = Attributes(kind: .regular, permissions: 0o644)
        let builder = TreeBuilder()
        for name in ["a/one", "a/other", "b/c/x", "z"] { try builder.addLeaf(path(name), file, body: .emptyBlob) }
        try builder.addHardLink(path("b/c/two"), to: path("a/one"))
        let old = try builder.write(to: objects)
        let layer = LayerBuilder(onto: old, from: objects)
        try layer.addHardLink(path("three"), to: path("a/one"))
        let items = try LayerEntries.between(old, try layer.write(to: objects), in: objects)
        #expect(items.map(\.path.displayed) == ["/", "/a", "/a/one", "/b", "/b/c", "/b/c/two", "/three"])
        #expect(
            items.last?.content == .hardLink(to: try path("a/one"), try #require(linked(items[2])), body: .emptyBlob))
        #expect(try LayerEntries.between(old, old, in: objects) == [])
    }

    private func linked(_ item: LayerItem) -> Attributes? {
        if case .leaf(let attributes, _) = item.content { attributes } else { nil }
    }
}
