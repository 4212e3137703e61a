import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("A look that reads only what could be unchanged")
struct ProvisionalTests {
    @Test(
        "tells the same changes as one that reads everything", .enabled(if: isRoot),
        arguments: 21...26 as ClosedRange<UInt64>)
    func sameChanges(seed: UInt64) throws {
        let fixture = try Fixture()
        var made = RandomOperations(in: try fixture.makeDirectory("base"), seed: seed)
        try made.perform(60)
        let base = try fixture.commit(fixture.directory.file("base"))
        let overlay = try Overlay(over: base, in: fixture)
        var operations = RandomOperations(in: overlay.merged, seed: seed &* 77)
        try operations.perform(60)

        let full = ScratchObjects(over: fixture.store)
        let read = try captureUpper(overlay.upper, over: base, in: full)
        let lazy = LazyObjects(over: fixture.store, upper: overlay.upper)
        let unread = try lazy.capture(over: base)
        func told(_ changes: [Change]) -> [String] {
            // What is not read shows no holes.
            changes.filter { !($0.kind == .modified && $0.aspects == .layout) }
                .map { "\($0.letter) \($0.path) \($0.aspects.subtracting(.layout).list)" }
        }
        func paths(_ changes: [Change]) -> [String] { changes.map { "\($0.letter) \($0.path)" } }
        #expect(
            paths(try LazyObjects.listed(overlay.upper, over: base, in: fixture).changes)
                == paths(try Difference.between(base, unread, in: lazy)), "seed \(seed)")
        #expect(
            told(try Difference.between(base, unread, in: lazy, renames: false))
                == told(try Difference.between(base, read, in: full, renames: false)),
            "seed \(seed): \(operations.log.joined(separator: "\n"))")
    }

    @Test("reads no new file, reads one of the old size, and finds a file under a new name", .enabled(if: isRoot))
    func reads() throws {
        let fixture = try Fixture()
        try shell(
            "echo one > same; echo two > size; printf 'long enough to be itself' > old",
            in: fixture.makeDirectory("base"))
        let base = try fixture.commit(fixture.directory.file("base"))
        let overlay = try Overlay(over: base, in: fixture)
        try shell("touch same; echo TWO > size; echo new > new; cat old > copy; rm old", in: overlay.merged)
        let lazy = LazyObjects(over: fixture.store, upper: overlay.upper)
        let changes = try Difference.between(base, try lazy.capture(over: base), in: lazy)
        #expect(lazy.bodiesRead == 2, "same and size are read while looking")
        #expect(lazy.settledPaths == [try path("/copy")], "it has the size of what is gone")
        let lines = changes.map { "\($0.letter) \($0.path) \($0.aspects.contains(.content))" }
        #expect(lines == ["M / false", "R /copy false", "A /new false", "M /same false", "M /size true"])
    }
    @Test(
        "by names finds the renames that a full look finds, among more new files than likeness is asked for",
        .enabled(if: isRoot), arguments: ["echo $i > n/$i", ": > n/$i"])
    func renamesAmongMany(newFile: String) throws {
        let fixture = try Fixture()
        try shell(
            "seq 1 50 > same; seq 1 60 > moved; seq 1 70 > edited; seq 1 9 > gone; mkdir d; echo x > d/x",
            in: fixture.makeDirectory("base"))
        let base = try fixture.commit(fixture.directory.file("base"))
        let overlay = try Overlay(over: base, in: fixture)
        try shell(
            """
            mkdir n; for i in {1..450}; do \(newFile); done
            cat same > n/same; mv moved n/moved; seq 1 71 > n/edited; rm same edited gone; mv d n/d
            """, in: overlay.merged)
        let lazy = LazyObjects(over: fixture.store, upper: overlay.upper)
        let expected = try Difference.between(base, try lazy.capture(over: base), in: lazy)
        let (changes, looks) = try LazyObjects.listed(overlay.upper, over: base, in: fixture)
        func lines(_ changes: [Change]) -> [String] {
            changes.map { change in
                guard case .renamed(let origin) = change.kind else { return "\(change.letter) \(change.path)" }
                return "R \(origin) \(change.path) \(change.aspects.list)"
            }
        }
        #expect(lines(changes) == lines(expected))
        #expect(changes.count { $0.letter == "R" } == (newFile.hasPrefix("echo") ? 3 : 4))
        // Empty files are like no other: where most are, likeness is asked for after all.
        #expect(looks.count == (newFile.hasPrefix("echo") ? 2 : 3))
    }

    @Test("tells no change of files that were put back into a directory that was made anew", .enabled(if: isRoot))
    func putBack() throws {
        let fixture = try Fixture()
        try shell(
            "mkdir -p d/e; echo a > d/a; echo b > d/e/b; echo c > d/e/c", in: fixture.makeDirectory("base"))
        let base = try fixture.commit(fixture.directory.file("base"))
        let overlay = try Overlay(over: base, in: fixture)
        try shell(
            "cp -a d ../saved; rm -r d; cp -a ../saved d; echo x > d/e/c; echo n > d/e/n",
            in: overlay.merged)
        for newFiles in [NewFiles.seen, .listed, .sized([2])] {
            let lazy = LazyObjects(over: fixture.store, upper: overlay.upper)
            let changes = try Difference.between(base, try lazy.capture(over: base, newFiles: newFiles), in: lazy)
            let lines = changes.filter { !$0.isTimesOnly }.map { "\($0.letter) \($0.path) \($0.aspects.list)" }
            #expect(lines == ["M /d/e/c [\"content\", \"times\"]", "A /d/e/n []"], "\(newFiles)")
        }
    }
}

/// Counts what is read of an upper directory.
private final class LazyObjects: ProvisionalSource, ObjectSink {
    private let scratch: ScratchObjects
    private let upper: String
    private var places: [ObjectID: BytePath] = [:]
    private var directories: [ObjectID: Directory] = [:]
    private(set) var bodiesRead = 0
    private(set) var settledPaths: Set<BytePath> = []

    init(over store: ObjectStore, upper: String) {
        scratch = ScratchObjects(over: store)
        self.upper = upper
    }

    func capture(over base: ObjectID, newFiles: NewFiles = .seen) throws -> ObjectID {
        let capture = Capture(from: self, to: self, index: FileIndex(now: never), isStored: { _, _, _ in false })
        capture.givesProvisionalIDs = true
        capture.newFiles = newFiles
        capture.located = { self.places[$0] = $1 }
        return try capture.upper(try Files.openDirectory(KernelPath(upper)), over: base)
    }

    /// As the command line looks: by names, and closer where something may have been renamed.
    static func listed(
        _ upper: String, over base: ObjectID, in fixture: Fixture
    ) throws -> (changes: [Change], looks: [NewFiles]) {
        var looks = [NewFiles.listed]
        while true {
            let lazy = LazyObjects(over: fixture.store, upper: upper)
            let tree = try lazy.capture(over: base, newFiles: looks[looks.count - 1])
            let changes = try Difference.between(base, tree, in: lazy)
            guard let closer = looks[looks.count - 1].closer(for: changes) else { return (changes, looks) }
            looks.append(closer)
        }
    }

    func settled(_ id: ObjectID) throws -> ObjectID {
        // What was read has its own id already.
        guard let path = places[id], (try? scratch.read(id, as: .blob)) == nil else { return id }
        settledPaths.insert(path)
        return try scratch.add(.blob, try content(at: path))
    }

    private func content(at path: BytePath) throws(SystemError) -> [UInt8] {
        try Files.open(KernelPath(Array(upper.utf8) + path.bytes), flags: O_RDONLY | O_NOFOLLOW).readAll()
    }

    func keep(_ directory: Directory, as id: ObjectID) { directories[id] = directory }
    func kept(_ id: ObjectID) -> Directory? { directories[id] }

    func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8] {
        do throws(StoreError) { return try scratch.read(id, as: kind) } catch {
            guard kind == .blob, let path = places[id] else { throw error }
            do throws(SystemError) { return try content(at: path) } catch {
                throw StoreError("read blob", id.hex, .system(error))
            }
        }
    }
    func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws(StoreError) -> ObjectID { try scratch.add(kind, bytes) }
    func addBody(
        from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(StoreError) -> ObjectID {
        bodiesRead += 1
        return try scratch.addBody(from: file, size: size, holes: holes)
    }
    func addBody(
        size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> ObjectID { try scratch.addBody(size: size, holes: holes, read: read) }
}
