import Testbed
import Testing

/// The comparison that the other tests rest on.
@Suite("Comparison of trees", .enabled(if: isRoot))
struct CompareTreesTests {
    private static let make = """
        set -e
        mkdir -p one/d/e
        cd one
        echo text >f; ln f g; echo other >h; ln -s f l; mkfifo p; mknod c c 1 3; touch "$(printf '\\377')"
        setfattr -n user.a -v b f; setfattr -n trusted.t -v u d
        cd ..; cp -a one two
        """

    @Test("finds none between copies")
    func equal() throws {
        let box = try Box.forImages()
        try box.succeed(Self.make)
        #expect(try box.succeed("python3 $TOOLS/compare_trees.py one two") == "")
    }

    @Test(
        "notices every kind of difference",
        arguments: [
            ("chmod 600 two/h", "b'h': mode: '0o644', and '0o600'"),
            ("chmod u+s two/h", "b'h': mode: '0o644', and '0o4644'"),
            ("chown 5:0 two/h; touch -r one/h two/h", "b'h': uid: 0, and 5"),
            ("chown -h 0:5 two/l", "b'l': gid: 0, and 5"),
            ("touch -d @5.000000001 one/h; touch -d @5 two/h", "b'h': mtime: 5000000001, and 5000000000"),
            ("touch -h -d @5 one/l; touch -h -d @6 two/l", "b'l': mtime: 5000000000, and 6000000000"),
            ("touch -d @5 one; touch -d @6 two", "b'.': mtime: 5000000000, and 6000000000"),
            ("setfattr -n user.a -v c two/f", "b'f': xattrs: {'user.a': b'b'}, and {'user.a': b'c'}"),
            ("setfattr -x trusted.t two/d", "b'd': xattrs: {'trusted.t': b'u'}, and {}"),
            ("echo 0ther >two/h; touch -r one/h two/h", "b'h': content: "),
            ("echo longer >two/h; touch -r one/h two/h", "b'h': size: 6, and 7"),
            ("ln -sfn g two/l; touch -h -r one/l two/l; touch -r one two", "b'l': target: b'f', and b'g'"),
            ("cp -a --remove-destination one/f two/g; touch -r one two", "b'g': links: b'f', and b'g'"),
            ("rm two/c; mknod two/c c 1 5; touch -r one/c two/c; touch -r one two", "b'c': device: (1, 3), and (1, 5)"),
            ("rm two/p; mknod two/p c 1 3; touch -r one/p two/p; touch -r one two", "b'p': kind: "),
            ("rm one/h; touch -r two one", "b'h': only in the second tree"),
            ("rmdir two/d/e; touch -r one/d two/d", "b'd/e': only in the first tree"),
            ("mv two/$(printf '\\377') two/$(printf '\\376'); touch -r one two", "b'\\xfe': only in the second tree"),
        ])
    func different(change: String, expected: String) throws {
        let box = try Box.forImages()
        try box.succeed("\(Self.make)\n\(change)")
        let result = try box.shell("python3 $TOOLS/compare_trees.py one two")
        #expect(result.status == 1 && result.text.contains(expected), "\(result.text)\(result.errors)")
    }
}
