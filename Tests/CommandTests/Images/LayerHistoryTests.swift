import Testbed
import Testing

/// Which layer brought a file, and how the image came to be.
@Suite("The history of an image", .enabled(if: hasImageTools))
struct LayerHistoryTests {
    @Test("history, log --stat and diff tell which layer brought a file")
    func layers() throws {
        let box = try Box.forImages()
        try box.makeOwnCommits()
        try box.transcript(
            """
            $ varve history hand:6 | cut -c14- | sed 's/  */ /g'
            CREATED CREATED BY SIZE COMMENT
            AGO ENV A=b 0 B
            AGO step 6 12 B
            AGO step 5 2 B
            AGO step 4 23 B
            AGO step 3 12 B
            AGO step 2 7 B
            AGO step 1 2.9 MiB
            $ varve log --stat hand:4 -n 2 | grep -v '^Date'
            commit ID1 (hand:4)
            Author: unknown <>

                image sha256:ID2

             0 paths changed, 0 lines added, 0 removed

            commit ID3
            Author: unknown <>

                step 4

             T /srv/empty      | 1 +
             T /srv/old        | 1 -
             A /srv/old/inside | 1 +
             3 paths changed, 2 lines added, 1 removed
            """)
        #expect(try box.succeed("varve log --oneline hand:12 -- /usr/lib/through | cut -d' ' -f2-") == "step 5")
        let brought = try box.succeed("varve diff hand:5~2 hand:5~1")
        #expect(brought == "A /usr/lib/sub\nA /usr/lib/sub/f\nA /usr/lib/through")
        let own = try box.succeed("varve history own | cut -c30- | sed 's/  */ /g' | head -n 3")
        #expect(own == "CREATED BY SIZE COMMENT\nvarve commit 19 B second of two\nvarve commit 23 B first of two")
    }

    @Test("two images on one base share its last layer")
    func base() throws {
        let box = try Box.forImages()
        try box.makeRichImages()
        try box.succeed(
            """
            python3 - <<'END'
            import os, sys
            sys.path.insert(0, os.environ["TOOLS"])
            from layout import *
            base = [tar(directory(b"."), file(b"a", b"a")), tar(file(b"b", b"b"))]
            made = Layout("both")
            for name in [b"one", b"two"]:
                made.image(name.decode() + ":1", base + [tar(file(name, name))])
            made.finish()
            END
            varve -q load -i both >/dev/null
            """)
        #expect(try box.succeed("varve merge-base one:1 two:1") == box.succeed("varve merge-base one:1 two:1~2"))
        #expect(try box.succeed("varve ls $(varve merge-base one:1 two:1):/") == "a\nb")
        try box.succeed("varve -q import alone base >/dev/null")
        let none = try box.shell("varve merge-base one:1 alone")
        #expect(none.status == 1 && none.text == "" && none.errors == "")
    }

    @Test("as JSON it has the same, with digests")
    func json() throws {
        let box = try Box.forImages()
        try box.makeOwnCommits()
        let steps = try box.succeed(
            """
            varve history --json own | python3 -c '
            import json, sys
            for step in json.load(sys.stdin):
                print(step["createdBy"], "|", step["comment"], "|", step["empty"], "|", (step["diffID"] or "")[:7], "|", sorted(step))'
            """)
        let keys = "['comment', 'commit', 'created', 'createdBy', 'diffID', 'empty', 'size']"
        #expect(
            steps == """
                varve commit | second of two | False |  | \(keys)
                varve commit | first of two | False |  | \(keys)
                step 1 |  | False | sha256: | \(keys)
                """)
    }
}
