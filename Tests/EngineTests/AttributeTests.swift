@testable import Engine
import Linux
import Model
import Testbed
import Testing

@Suite("What a commit keeps", .enabled(if: isRoot))
struct AttributeTests {
    @Test("every attribute survives commit and run, and commit and checkout", arguments: Rig.modes)
    func attributes(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode) { base in
            try Rig.write("\(base)/data/large", String(repeating: "0123456789", count: 10_000))
            try Rig.write("\(base)/data/small", "small\n")
        }
        let writer = try rig.start("writer")
        try Files.makeDirectory(KernelPath("\(writer.root)/c"))
        for item in AttributeCase.all {
            try item.make(writer.root)
            #expect(item.isMeant(try Seen.look(item.paths, in: writer.root)), "\(item.name), as it was made")
        }
        try writer.end()
        let made = try rig.commit(writer.container)
        #expect(try rig.isClean(writer.container))

        let reader = try rig.start("reader")
        let copy = rig.directory.file("copy")
        try rig.repository.checkOut(made, to: copy)
        for item in AttributeCase.all {
            let running = try Seen.look(item.paths, in: reader.root)
            #expect(item.isMeant(running), "\(item.name), after commit and run: \(running.map(\.attributes))")
            let written = try Seen.look(item.paths, in: copy)
            #expect(item.isMeant(written), "\(item.name), after commit and checkout")
            // Nothing else has changed on the way either.
            #expect(running == written, "\(item.name), run against checkout")
        }
        try reader.end()
        #expect(try rig.isClean(reader.container))
        try rig.fsck()
        try rig.expectNoLeaks()
    }

    @Test("a directory that was written out gives the same tree again", arguments: Rig.modes)
    func again(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode) { base in
            try Files.makeDirectory(KernelPath("\(base)/c"))
            try Rig.write("\(base)/data/large", String(repeating: "0123456789", count: 10_000))
            try Rig.write("\(base)/data/small", "small\n")
            for item in AttributeCase.all { try item.make(base) }
        }
        let copy = rig.directory.file("copy")
        let commit = try rig.repository.resolve("base:1")
        try rig.repository.checkOut(commit, to: copy)
        let result = try rig.repository.importRoot(
            try Files.openDirectory(KernelPath(copy)), named: "copy", to: try TagName(parsing: "copy:1"),
            message: nil, by: Rig.author)
        #expect(try rig.repository.content(of: result.commit).fs == rig.repository.content(of: commit).fs)
    }
}

extension Rig {
    static let modes: [Repository.CheckoutMode] = [.image, .directory]
}
