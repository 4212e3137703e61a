import Testbed
import Testing

/// The history of tags and containers, and ways back in it.
@Suite("History", .enabled(if: isRoot))
struct HistoryTests {
    @Test("log tells a tag's commits in every form")
    func log() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve log debian:12 -n 1
            commit ID1 (debian:12)
            Author: Grace Hopper <grace@example.org>
            Date:   Tue Nov 14 22:13:20 2023 +0000

                greet
            $ varve log --stat -n 1 debian:12
            commit ID1 (debian:12)
            Author: Grace Hopper <grace@example.org>
            Date:   Tue Nov 14 22:13:20 2023 +0000

                greet

             A /etc/motd  | 1 +
             /etc/numbers | 1 +
             2 paths changed, 2 lines added, 0 removed
            $ varve log -p --oneline -n 1 debian:12
            id1 (debian:12) greet
            diff --varve a/etc/motd b/etc/motd
            new file mode 100644
            --- /dev/null
            +++ b/etc/motd
            @@ -0,0 +1 @@
            +hi
            diff --varve a/etc/numbers b/etc/numbers
            --- a/etc/numbers
            +++ b/etc/numbers
            @@ -1,3 +1,4 @@
             one
             two
             three
            +four
            $ varve tag old debian:12~1
            $ varve log --oneline --all
            id1 (debian:12) greet
            id2 (old:latest) import base.tar
            $ varve log --oneline debian:12~1..debian:12
            id1 (debian:12) greet
            $ varve log --oneline debian:12 -- /etc/motd
            id1 (debian:12) greet
            $ varve log --oneline debian:12 -- usr
            id2 (old:latest) import base.tar
            $ varve log --oneline w
            id1 (debian:12) greet
            id2 (old:latest) import base.tar
            $ varve log
            ! varve: log: name a tag, a revision or a range, or give --all
            [2]
            $ varve log --max-count=-1 debian:12
            ! varve: log: -n: it takes a number from 0, not -1
            [2]
            """)
    }

    @Test("show tells one commit and what it changed")
    func show() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve show debian:12
            commit ID1 (debian:12)
            Author: Grace Hopper <grace@example.org>
            Date:   Tue Nov 14 22:13:20 2023 +0000

                greet

            A /etc/motd
            M /etc/numbers (content, times)
            $ varve show --name-status debian:12 -- /etc/motd
            commit ID1 (debian:12)
            Author: Grace Hopper <grace@example.org>
            Date:   Tue Nov 14 22:13:20 2023 +0000

                greet

            A /etc/motd
            """)
    }

    @Test("tags are listed, made, renamed and taken away")
    func tags() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve tag good debian:12~1
            $ varve tag
            debian:12    id1
            good:latest  id2
            $ varve tag good debian:12
            ! varve: make tag: good:latest: it exists already
            ! hint: 'varve rollback good:latest REV' moves it, 'varve tag -d good:latest' takes it away
            [2]
            $ varve tag -m good better:1
            $ varve tag -d better:1
            ! better:1 was at id2; 'varve undo' brings it back
            $ varve tag -d better:1
            ! varve: find tag: better:1: there is none
            [2]
            $ varve undo
            ! took back: tag -d better:1
            $ varve tag
            better:1   id2
            debian:12  id1
            $ varve tag -d
            ! varve: tag: takes nothing, NEW REV, -d TAG or -m OLD NEW
            [2]
            """)
    }

    @Test("a tag goes back, by default one commit, and its reflog knows where it was")
    func rollbackTag() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve rollback debian:12
            ID1
            ! debian:12 was at id2, is now at id1
            $ varve rollback debian:12
            ! varve: roll back: debian:12: its commit is the first, there is none before it
            [2]
            $ varve reflog debian:12
            id1 debian:12@{0}: rollback debian:12 to id1
            id2 debian:12@{1}: commit w to debian:12: greet
            id1 debian:12@{2}: import debian:12: base.tar
            $ varve rollback debian:12 'debian:12@{1}'
            ID2
            ! debian:12 was at id1, is now at id2
            $ varve rollback debian:12 debian:12
            ID2
            ! debian:12 is at id2 already
            $ varve log --oneline 'debian:12@{yesterday}'
            ! varve: resolve: debian:12@{yesterday}: debian:12 is younger than that
            [3]
            $ varve log --oneline 'debian:12@{9}'
            ! varve: resolve: debian:12@{9}: debian:12 has moved only 4 times
            [3]
            $ varve log --oneline 'debian:12@{now}'
            id2 (debian:12) greet
            id1 import base.tar
            $ varve reflog nope
            ! varve: find tag: nope:latest: there is none
            [2]
            """)
    }

    @Test("a container follows the tag that it was committed to, and back when that is undone")
    func followedTag() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --name w debian:12 touch /1; varve run --name v debian:12 touch /v
            $ varve -q commit w -t web:1 -m one
            ID1
            $ varve ps -a --json | grep '"tag"'
                "tag": "debian:12",
                "tag": "web:1",
            $ touch r/containers/$(readlink r/names/w)/upper.0/2; varve commit w -m two
            ID2
            ! web:1 is now id2
            $ varve log --oneline web:1
            id2 (web:1) two
            id1 one
            id3 (debian:12) import base.tar
            $ varve -q undo; varve -q undo
            $ varve tag
            debian:12  id3
            $ varve commit w -m again
            ID4
            ! debian:12 is now id4
            $ varve commit v -m late
            ! varve: move tag: debian:12: it is at id4, not at id3 where this started
            ! hint: name another tag with -t; 'varve log debian:12' tells what came in between
            [3]
            """)
    }

    @Test("a container goes back; what was not committed is saved, named, and comes back")
    func rollbackContainer() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve rollback w
            ID1
            ! uncommitted changes are saved as id2
            ! 'varve rollback w id2' brings them back
            $ varve status w
            $ varve cat w:/etc/numbers
            one
            two
            three
            four
            $ varve log --oneline debian:12
            id1 (debian:12) greet
            id3 import base.tar
            """)
        let saved = try box.succeed(
            "varve run --name v debian:12 touch /precious; varve rollback v 2>&1 >/dev/null | sed -n 's/.*saved as //p'"
        )
        #expect(
            try box.succeed("varve status v; varve -q rollback v \(saved) >/dev/null; varve ls v:/precious")
                == "precious")
        #expect(try box.succeed("varve diff debian:12 v") == "A /precious")
        #expect(
            try box.succeed(
                "varve start -a v; varve rollback v debian:12~1 2>/dev/null >/dev/null; varve diff v debian:12~1") == ""
        )
    }

    @Test("undo takes back one operation after another, and op restore goes to one")
    func undo() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve tag extra debian:12
            $ varve op log
            id1 AGO: tag extra:latest id2
            id3 AGO: commit w to debian:12: greet
            id4 AGO: import debian:12: base.tar
            $ varve op log -n 1
            id1 AGO: tag extra:latest id2
            $ varve undo
            ! took back: tag extra:latest id2
            $ varve undo
            ! took back: commit w to debian:12: greet
            $ varve status w
            A /etc/motd
            M /etc/numbers
            $ varve tag
            debian:12  id5
            $ varve undo
            ! took back: import debian:12: base.tar
            $ varve tag
            $ varve undo
            ! varve: undo: nothing is left to take back
            [1]
            """)
        let commit = try box.succeed("varve op log | sed -n 's/ .*: commit w.*//p' | tail -n 1")
        try box.transcript(
            """
            $ varve op show \(commit)
            operation ID3
            Author: Grace Hopper <grace@example.org>
            Date:   Tue Nov 14 22:13:20 2023 +0000

                commit w to debian:12: greet

            debian:12: id5 -> id2
            container id6: id5 -> id2
            $ varve op restore \(commit)
            ! as after: commit w to debian:12: greet
            $ varve tag
            debian:12  id2
            $ varve op show 0000
            ! varve: find operation: 0000: no operation's id begins with it
            [2]
            """)
    }
}
