import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@testable import Snapshot

@Suite("Capturing an upper directory")
struct UpperTests {
    struct Operation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// What is done in the mounted overlay.
        let script: String
        /// What has to come of it in the upper directory, so that the case is the one it says.
        var check = "true"
        init(_ description: String, _ script: String, _ check: String = "true") {
            (testDescription, self.script, self.check) = (description, script, check)
        }
    }

    /// The lower tree of all cases.
    static let base = """
        mkdir -p dir/sub/deep other; echo file > file; echo two > two; echo one > dir/one; echo deep > dir/sub/deep/leaf
        ln file dir/file-link; ln -s file symlink; mkfifo fifo; head -c 40000 /dev/urandom > big; chmod 600 two
        truncate -s 200k sparse; printf x | dd of=sparse bs=1 seek=100000 conv=notrunc status=none
        setfattr -n user.a -v 1 two; setfattr -n trusted.overlay.redirect -v content two
        mkdir marked; setfattr -n trusted.overlay.opaque -v y marked; echo in > marked/in
        """

    private static let isMetacopy = "getfattr -h -n trusted.overlay.metacopy"
    private static let redirect = "getfattr -h --only-values -n trusted.overlay.redirect"

    static let operations: [Operation] = [
        Operation("nothing", "true", "test -z \"$(ls -A)\""),
        Operation("create", "echo new > new; echo new > dir/sub/new", "test -f new"),
        Operation("overwrite", "echo changed > file"),
        Operation("append", "echo more >> dir/one"),
        Operation("chmod of a file", "chmod 640 big", "\(isMetacopy) big"),
        Operation("chown of a file", "chown 5:6 dir/one sparse", "\(isMetacopy) dir/one"),
        Operation("an attribute on a file", "setfattr -n user.b -v 2 two", "\(isMetacopy) two"),
        Operation("an attribute taken off a file", "setfattr -x user.a two", "\(isMetacopy) two"),
        Operation("overlay's own attributes as content", "setfattr -n trusted.overlay.metacopy -v no two"),
        Operation("an ACL", "setfacl -m u:9:r two dir/sub"),
        Operation("touch", "touch file", "! \(isMetacopy) file"),
        Operation("a time", "touch -d @99.5 two"),
        Operation("chmod, then write", "chmod 644 two; echo x >> two", "! \(isMetacopy) two"),
        Operation("chmod and chown of a directory", "chmod 700 dir; chown 4 dir/sub"),
        Operation("rename of a file", "mv two three", "test \"$(\(redirect) three)\" = two"),
        Operation(
            "rename of a file to another directory", "mv two dir/sub/three",
            "test \"$(\(redirect) dir/sub/three)\" = /two"),
        Operation("rename there and back", "mv two dir/sub/three; mv dir/sub/three two"),
        Operation("rename of a file over another", "mv two dir/one"),
        Operation("a hard link to a lower file", "ln two dir/again", "test \"$(\(redirect) dir/again)\" = /two"),
        Operation("a hard link to a lower hard link", "ln file other/third"),
        Operation("one name of a lower hard link changed", "chmod 600 file"),
        Operation("rename of a directory", "mv dir renamed", "test \"$(\(redirect) renamed)\" = dir"),
        Operation("rename of a directory into another", "mv dir/sub other/moved"),
        Operation(
            "renamed directories in a renamed directory",
            "mv dir/sub/deep dir/sub/depth; mv dir/sub dir/bus; mv dir other/d; echo 1 > other/d/bus/depth/new",
            "test \"$(\(redirect) other/d)\" = /dir"),
        Operation("a file renamed in a renamed directory", "mv dir d; mv d/one d/two; mv d/two one; chmod 600 one"),
        Operation("a directory renamed and another made in its place", "mv dir old; mkdir dir; echo n > dir/one"),
        Operation("two directories change places", "mv dir x; mv other dir; mv x other"),
        Operation("remove", "rm two dir/one fifo", "test -c two"),
        Operation("remove a directory", "rm -r dir", "test -c dir"),
        Operation(
            "remove a directory and make it again", "rm -r dir; mkdir dir; echo 2 > dir/two",
            "test \"$(getfattr --only-values -n trusted.overlay.opaque dir)\" = y"),
        Operation("remove all in a directory", "rm -r dir/*"),
        Operation("a directory for a file", "rm two; mkdir two; echo x > two/x"),
        Operation("a file for a directory", "rm -r dir; echo x > dir"),
        Operation("a directory for a file and back", "rm two; mkdir two; rmdir two; echo x > two"),
        Operation("a symlink for a directory", "rm -r dir; ln -s other dir"),
        Operation("special files", "mknod null c 1 3; mknod disk b 8 0; mkfifo pipe; rm fifo; mknod fifo c 5 1"),
        Operation("a symlink's owner", "chown -h 3:3 symlink"),
        Operation("the root's attributes", "chmod 700 .; chown 8:9 .; setfattr -n user.root -v 1 ."),
        Operation("a directory whose content bears overlay's mark", "chmod 700 marked; echo 2 > marked/two"),
        Operation("odd names", "echo x > .wh.file; mkdir .git; echo y > .git/HEAD; mv two \"$(printf 't\\n\\377')\""),
        Operation("a sparse file", "truncate -s 1M hole; echo x >> hole; mv sparse scarce"),
        Operation("truncation", "truncate -s 100 big; truncate -s 90000 two"),
    ]

    @Test("shows what the kernel shows, after", .enabled(if: isRoot), arguments: operations)
    func operation(_ operation: Operation) throws {
        let fixture = try Fixture()
        try shell(Self.base, in: try fixture.makeDirectory("base"))
        let overlay = try Overlay(over: try fixture.commit(fixture.directory.file("base")), in: fixture)
        try shell(operation.script, in: overlay.merged)
        try shell(operation.check, in: overlay.upper)
        let (claimed, shown) = try overlay.both()
        #expect(claimed == shown, "\(claimed.differences(from: shown))")
        try overlay.mountAgain()
        let (again, shownAgain) = try overlay.both()
        #expect(again == claimed)
        #expect(again == shownAgain, "after a remount: \(again.differences(from: shownAgain))")
        try overlay.unmount()
    }

    /// A directory made by hand as overlayfs would have left it, over the tree of `base`.
    private func claimed(
        _ script: String, over base: String, leavingOut: [String] = []
    ) throws -> (tree: ObjectID, base: ObjectID, objects: ScratchObjects) {
        let fixture = try Fixture()
        try shell(base, in: try fixture.makeDirectory("base"))
        let tree = try fixture.commit(fixture.directory.file("base"))
        let upper = try fixture.makeDirectory("upper")
        let root = try fixture.store.directory(tree).attributes
        try shell(script, in: upper)
        try Materialize.apply(
            root, to: "upper", in: try Files.openDirectory(KernelPath(fixture.directory.path)), for: .overlayLayer)
        let objects = ScratchObjects(over: fixture.store)
        let captured = try captureUpper(
            upper, over: tree, in: objects, leavingOut: Set(leavingOut.map { try path($0) }))
        return (captured, tree, objects)
    }

    @Test("that is empty gives the base's very tree", .enabled(if: isRoot))
    func empty() throws {
        let (tree, base, _) = try claimed("true", over: Self.base)
        #expect(tree == base)
    }

    @Test("leaves out what was made to mount on, while it is empty", .enabled(if: isRoot))
    func mountPoints() throws {
        let points = ["dev", "dev/pts", "dev/pts/deeper", "proc", "resolv.conf", "used", "filled", "there"]
        let (tree, base, objects) = try claimed(
            """
            mkdir -p dev/pts/deeper proc used there; touch resolv.conf used/file other
            echo x > filled
            """, over: "mkdir there; touch -d @1 there", leavingOut: points)
        #expect(tree != base)
        let names = try objects.directory(tree).entries.map(\.name)
        #expect(names == ["filled", "other", "there", "used"])
        let (only, same, _) = try claimed(
            "mkdir -p dev/pts/deeper; touch resolv.conf", over: "echo x > x", leavingOut: points)
        #expect(only == same)
    }

    @Test("refuses content that is not in the base", .enabled(if: isRoot), arguments: ["gone", "directory", "longer"])
    func foreignMetacopy(name: String) throws {
        let expected = try path(name)
        #expect {
            try claimed(
                "truncate -s 3 \(name); setfattr -n trusted.overlay.metacopy \(name)",
                over: "mkdir directory; echo longer > longer")
        } throws: { error in
            guard case SnapshotError.conflict(expected, _) = error else { return false }
            return true
        }
    }

    @Test("gives the same tree again, and hashes nothing that the index knows", .enabled(if: isRoot))
    func index() throws {
        let fixture = try Fixture()
        try shell(Self.base, in: try fixture.makeDirectory("base"))
        let base = try fixture.commit(fixture.directory.file("base"))
        let upper = try fixture.makeDirectory("upper")
        try shell(
            "echo a > a; ln a b; cp -a ../base/sparse hole; ln -s a c; mkdir d; head -c 50000 /dev/zero > d/e",
            in: upper)
        let descriptor = try Files.openDirectory(KernelPath(upper))
        let objects = ScratchObjects(over: fixture.store)
        let later = Timestamp(seconds: .max)
        let first = Capture(from: objects, to: objects, index: FileIndex(now: later), isStored: { _, _, _ in true })
        let tree = try first.upper(descriptor, over: base)
        #expect(first.index.isChanged)
        let counting = CountingSink(objects)
        let second = Capture(
            from: objects, to: counting, index: FileIndex(decoding: first.index.encoded(), now: later),
            isStored: { _, _, _ in true })
        #expect(try second.upper(descriptor, over: base) == tree)
        #expect(counting.bodies == 0)
        #expect(!second.index.isChanged)
        let third = Capture(
            from: objects, to: counting, index: FileIndex(decoding: first.index.encoded(), now: later),
            isStored: { _, _, _ in false })
        #expect(try third.upper(descriptor, over: base) == tree)
        #expect(counting.bodies == 4)
    }

    @Test("reads a file again that changes while it is read, and gives up on one that never rests")
    func changingFile() throws {
        let fixture = try Fixture()
        let upper = try fixture.makeDirectory("upper")
        try shell("echo start > file", in: upper)
        let objects = ScratchObjects(over: fixture.store)
        for (changes, isRefused) in [(2, false), (1000, true)] {
            let sink = CountingSink(objects)
            sink.beforeBody = { count in
                if count > changes { return }
                let file = try Files.open(KernelPath("\(upper)/file"), flags: O_WRONLY | O_APPEND)
                try file.write([UInt8(ascii: "x")])
            }
            let capture = Capture(from: objects, to: sink, index: FileIndex(now: never), isStored: { _, _, _ in false })
            let directory = try Files.openDirectory(KernelPath(upper))
            if isRefused {
                #expect(throws: SnapshotError.self) { try capture.directory(directory) }
            } else {
                let tree = try capture.directory(directory)
                let body = ObjectID(hashing: .blob, Array("start\nxx".utf8))
                guard case .leaf(_, body)? = try objects.directory(tree)["file"] else {
                    Issue.record("not the last content")
                    return
                }
            }
        }
    }
}

/// Counts the bodies that go to another sink.
final class CountingSink: ObjectSink {
    private let sink: any ObjectSink
    private(set) var bodies = 0
    /// Called with the body's number, from 1, before it is read.
    var beforeBody: (Int) throws -> Void = { _ in }

    init(_ sink: any ObjectSink) { self.sink = sink }

    func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws(StoreError) -> ObjectID { try sink.add(kind, bytes) }

    func addBody(from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]) throws(StoreError) -> ObjectID {
        bodies += 1
        do { try beforeBody(bodies) } catch { throw StoreError("test", "", .invalid("\(error)")) }
        return try sink.addBody(from: file, size: size, holes: holes)
    }

    func addBody(
        size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> ObjectID {
        bodies += 1
        return try sink.addBody(size: size, holes: holes, read: read)
    }
}
