import Testbed
import Testing

extension Box {
    /// `debian:12` with two commits, the second by the container `w`, which has changed a file since.
    static func storied() throws -> Box {
        let box = try Box()
        try box.succeed(
            """
            set -e
            varve run --name w debian:12 sh -c 'echo four >>/etc/numbers; echo hi >/etc/motd'
            varve -q commit w -m 'greet' -a 'Grace Hopper <grace@example.org>'
            varve start -a w
            """)
        return box
    }
}

/// What differs, and making commits of it.
@Suite("Changes", .enabled(if: isRoot))
struct ChangeTests {
    @Test("diff compares commits and containers in every form")
    func diff() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve diff debian:12
            A /etc/motd
            M /etc/numbers (content, times)
            $ varve diff debian:12 debian:12~1
            D /etc/motd
            M /etc/numbers (content, times)
            $ varve diff debian:12 debian:12~1 --name-status -- /etc/numbers
            M /etc/numbers
            $ varve diff debian:12 --stat
             A /etc/motd  | 1 +
             /etc/numbers | 1 +
             2 paths changed, 2 lines added, 0 removed
            $ varve diff debian:12 debian:12 --exit-code
            $ varve diff debian:12 --exit-code
            A /etc/motd
            M /etc/numbers (content, times)
            [1]
            $ varve diff w --exit-code --name-status
            M /etc/numbers
            [1]
            $ varve diff w debian:12 -p
            diff --varve a/etc/numbers b/etc/numbers
            --- a/etc/numbers
            +++ b/etc/numbers
            @@ -2,4 +2,3 @@ one
             two
             three
             four
            -four
            $ varve run --name t debian:12 sh -c 'touch -d @1 /etc/passwd; chmod 600 /etc/group; chown 5:6 /etc/motd; mv /etc/numbers /n; ln -s x /l'
            $ varve diff t
            M /etc/group (mode)
            M /etc/motd (owner)
            A /l
            R /etc/numbers -> /n
            $ varve diff t --times -- /etc/passwd
            M /etc/passwd (times)
            $ varve diff t -p -- /etc/group /etc/motd /l
            diff --varve a/etc/group b/etc/group
            old mode 100644
            new mode 100600
            diff --varve a/etc/motd b/etc/motd
            old owner 0:0
            new owner 5:6
            diff --varve a/l b/l
            new file mode 120777
            --- /dev/null
            +++ b/l
            @@ -0,0 +1 @@
            +x
            \\ No newline at end of file
            $ varve diff
            ! varve: diff: takes one or two containers or revisions, then -- and paths
            [2]
            """)
    }

    @Test("whole texts are counted and shown as git does it")
    func wholeTexts() throws {
        let box = try Box()
        try box.succeed(
            "varve run --name w debian:12 sh -c 'printf a >/one; printf \"a\\nb\" >/two; printf \"\\n\\n\" >/blank; touch /empty; rm /etc/numbers'"
        )
        try box.transcript(
            """
            $ varve diff w --stat
             A /blank       | 2 ++
             A /empty
             D /etc/numbers | 3 ---
             A /one         | 1 +
             A /two         | 2 ++
             5 paths changed, 5 lines added, 3 removed
            """)
        let script = """
            mkdir old new; cp base/etc/numbers old; printf a >new/one; printf 'a\nb' >new/two; printf '\n\n' >new/blank
            hunks() { grep -v -e ^diff -e ^index -e ^--- -e ^+++ -e 'file mode'; }
            git diff --no-index old new | hunks | sort >expected
            varve diff w -p | hunks | sort >found
            cmp expected found
            """
        #expect(try box.shell(script).status == 0)
    }

    @Test("commit takes a message, an author, a tag and paths, and nothing where nothing changed")
    func commit() throws {
        let box = try Box.storied()
        try box.transcript(
            """
            $ varve commit w -t next:1 -m 'to another tag' -- /etc/numbers /etc/motd
            ID1
            ! next:1 is now id1
            $ varve log --oneline next:1
            id1 (next:1) to another tag
            id2 (debian:12) greet
            id3 import base.tar
            $ varve commit w -t next:1
            ! varve: commit: w: nothing has changed since its base
            ! hint: --allow-empty makes a commit all the same
            [1]
            $ varve commit w -t next:1 --allow-empty
            ID4
            ! next:1 is now id4
            $ varve commit w -m x
            ! varve: commit: w: nothing has changed since its base
            ! hint: --allow-empty makes a commit all the same
            [1]
            $ varve commit w -a 'no address' --allow-empty
            ! varve: read author: no address: it is written 'Name <email>'
            [2]
            $ varve run --name d debian:12~1 sh -c 'touch /a /b'
            $ varve commit d -m detached -- /a
            ID5
            ! no tag moved; 'varve tag NAME id5' names the commit
            $ varve status d
            A /b
            $ varve -q commit d -m detached
            ID6
            """)
    }
}
