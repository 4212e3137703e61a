@testable import Engine
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@Suite("Containers and tags of like names", .enabled(if: isRoot))
struct NameTests {
    @Test("a name goes before a tag, a tag before the beginning of an id, and that takes four digits")
    func order() throws {
        let rig = try Rig()
        let base = try rig.repository.resolve("base:1")
        let container = try rig.container("c")
        #expect(try rig.repository.containerIfPresent(String(container.id.prefix(3))) == nil)
        let four = String(container.id.prefix(4))
        #expect(try rig.repository.containerIfPresent(four) == container)
        #expect(try rig.repository.containerIfPresent(container.id) == container)
        try rig.repository.createTag(TagName(parsing: four), at: base, by: Rig.author)
        try rig.repository.createTag(TagName(parsing: "c"), at: base, by: Rig.author)
        #expect(try rig.repository.containerIfPresent(four) == nil)
        #expect(try rig.repository.containerIfPresent("c") == container)
        // Where only a container can be meant, no tag is in its way.
        #expect(try rig.repository.container(four) == container)
    }

    @Test("a tag that looks like an id is moved by commit, an id or a way from a tag moves none")
    func hexadecimal() throws {
        let rig = try Rig()
        let base = try rig.repository.resolve("base:1")
        try rig.repository.createTag(TagName(parsing: "beef"), at: base, by: Rig.author)
        let container = try rig.container("c", on: "beef")
        try Rig.write("\(try rig.upper(container))/new", "new")
        let id = try rig.commit(container)
        #expect(try rig.repository.resolve("beef") == id)
        #expect(try rig.repository.resolve("base:1") == base)
        for (name, revision) in [("d", "beef~1"), ("e", base.short), ("f", "beef@{0}")] {
            #expect(try rig.container(name, on: revision).tag == nil, "\(revision)")
        }
    }
}
