import Linux
import Model
import Testbed
import Testing

@testable import ObjectStore

@Suite struct ReflogTests {
    private let tag = "refs/heads/debian/@12"

    @Test("an entry that recovery wrote again to a reflog is told once")
    func repeatedReflog() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one"), two = try writer.commit("two")
        try fixture.store.perform(
            Operation(author: ada, description: "a", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        try fixture.store.perform(
            Operation(author: ada, description: "b", moves: [RefMove(ref: tag, old: one, new: two)]))
        let log = "\(fixture.root)/git/logs/\(tag)"
        try run(["sh", "-c", "tail -n 1 \(log) > \(log).x; cat \(log).x >> \(log); rm \(log).x"])
        #expect(try fixture.store.reflog(tag).map(\.new) == [two, one])
    }

    @Test("who reads a reflog while its ref is deleted makes no file, and sees whole entries")
    func readingReflog() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one")
        let log = "\(fixture.root)/git/logs/\(tag)"
        #expect(try fixture.store.reflog(tag) == [])
        #expect(try !Files.exists(KernelPath(log)))
        try fixture.store.perform(
            Operation(author: ada, description: "a", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        try run(["sh", "-c", "head -c 60 \(log) > \(log).x; cat \(log).x >> \(log); rm \(log).x"])
        #expect(try fixture.store.reflog(tag).map(\.new) == [one])
        try run(["sh", "-c", "echo >> \(log)"])
        #expect(throws: StoreError.self) { try fixture.store.reflog(tag) }
    }

    @Test("reflogs that git wrote are read as git reads them")
    func reflogsOfGit() throws {
        let fixture = try Fixture()
        let writer = try fixture.store.writer()
        let one = try writer.commit("one"), two = try writer.commit("two")
        try fixture.store.perform(
            Operation(author: ada, description: "a", moves: [RefMove(ref: tag, old: nil, new: one)]), writer: writer)
        try fixture.git("-c", "user.name=Ada  von X", "-c", "user.email=", "update-ref", "-m", "a\tb", tag, two.hex)
        try fixture.git("-c", "user.name=x", "-c", "user.email=y", "update-ref", tag, one.hex)
        let ours = try fixture.store.reflog(tag).map {
            "\($0.new?.hex ?? "") \($0.author.name.displayed) <\($0.author.email.displayed)> \($0.author.seconds) "
                + String(decoding: $0.message, as: UTF8.self)
        }
        let theirs = try fixture.git("log", "-g", "--date=raw", "--format=%H %gn <%ge> %gd %gs", tag).text
        let seconds = try Regex("[^ ]*@\\{([0-9]+) [-+0-9]+\\}")
        #expect(
            ours
                == theirs.split(separator: "\n").map { line in
                    String(line).replacing(seconds) { "\($0.output[1].substring ?? "")" }
                })
        #expect(ours.count == 3)
    }
}
