import Testbed
import Testing

/// What a person does first, command by command, with all that it prints.
@Suite("The main job", .enabled(if: isRoot))
struct MainJobTests {
    @Test("import, run, status, diff, commit, log, roll back and undo")
    func mainJob() throws {
        let box = try Box(imported: false)
        try box.transcript(
            """
            $ varve import debian:12 base.tar
            ID1
            $ varve run --name w debian:12 sh -c 'echo four >>/etc/numbers; echo hi >/etc/motd; rm /etc/group'
            $ varve status w
            D /etc/group
            A /etc/motd
            M /etc/numbers
            $ varve diff w
            D /etc/group
            A /etc/motd
            M /etc/numbers (content, times)
            $ varve commit w -m 'greet'
            ID2
            ! debian:12 is now id2
            $ varve status w
            $ varve log debian:12
            commit ID2 (debian:12)
            Author: Ada Lovelace <ada@example.org>
            Date:   Tue Nov 14 22:13:20 2023 +0000

                greet

            commit ID1
            Author: Ada Lovelace <ada@example.org>
            Date:   Tue Nov 14 22:13:20 2023 +0000

                import base.tar
            $ varve run --rm debian:12 cat /etc/motd
            hi
            $ varve run --rm debian:12~1 cat /etc/motd
            ! cat: can't open '/etc/motd': No such file or directory
            [1]
            $ varve rollback debian:12
            ID1
            ! debian:12 was at id2, is now at id1
            $ varve run --rm debian:12 test -e /etc/motd
            [1]
            $ varve undo
            ! took back: rollback debian:12 to id1
            $ varve log --oneline debian:12
            id2 (debian:12) greet
            id1 import base.tar
            """)
        try box.succeed("git --git-dir=r/git fsck --strict")
    }

    @Test("import takes plain and compressed tar files, directories and standard input, all the same")
    func importSources() throws {
        let box = try Box(imported: false)
        try box.succeed("gzip -k base.tar; xz -k base.tar")
        try box.transcript(
            """
            $ varve import a:1 base.tar -m same
            ID1
            $ varve import b:1 base.tar.gz -m same
            ID1
            $ varve import c:1 base.tar.xz -m same
            ID1
            $ varve import d:1 - -m same <base.tar
            ID1
            $ cat base.tar.gz | varve import e - -m same
            ID1
            $ varve import a:1 base.tar -m again
            ID1
            ! a:1 has this content already
            $ varve tag
            a:1       id1
            b:1       id1
            c:1       id1
            d:1       id1
            e:latest  id1
            """)
        // A directory's own times are those of the disk, so only what it holds is compared.
        try box.succeed("varve import dir:1 base")
        #expect(try box.succeed("varve diff a:1 dir:1") == "")
    }

    @Test("with SOURCE_DATE_EPOCH the same input gives the same commit in two repositories")
    func deterministic() throws {
        let (one, other) = (try Box(), try Box())
        let script = "varve run --rm --name w debian:12 true; varve log debian:12 --json"
        #expect(try one.succeed(script) == other.succeed(script))
        #expect(try one.shell("SOURCE_DATE_EPOCH=soon varve import x:1 base.tar").errors.hasPrefix("varve: "))
    }

    @Test("init makes a repository that git finds sound, and is no harm to one")
    func initialize() throws {
        let box = try Box(imported: false)
        try box.transcript(
            """
            $ varve init
            ! repository in BOX/r
            $ varve init
            ! repository in BOX/r
            $ varve -q init
            $ varve --root other init
            ! repository in other
            $ varve init --root $BOX/other
            ! repository in BOX/other
            $ git --git-dir=r/git fsck --strict 2>&1
            notice: HEAD points to an unborn branch (master)
            notice: No default references
            $ varve tag
            $ varve ps
            CONTAINER ID   NAME   BASE   REVISION   COMMAND   CREATED   STATUS
            $ varve op log
            $ varve undo
            ! varve: undo: nothing is left to take back
            [1]
            """)
    }

    @Test("containers are listed, started again and removed")
    func containers() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --name w debian:12 sh -c 'test -e /n && exit 7; touch /n'
            $ varve ps
            CONTAINER ID   NAME   BASE   REVISION   COMMAND   CREATED   STATUS
            $ varve ps -a | sed 1d
            id1   w      id2   debian:12   sh -c test -e /n && exit 7; t…   AGO   exited (0) AGO
            $ varve start -a w
            [7]
            $ varve ps -a | sed 1d
            id1   w      id2   debian:12   sh -c test -e /n && exit 7; t…   AGO   exited (7) AGO
            $ varve start w
            w
            $ varve wait w
            7
            $ varve rm w
            ! removed w
            $ varve rm w
            ! varve: find container: w: no container has this name or id
            [2]
            $ ls r/containers r/names
            r/containers:

            r/names:
            """)
    }
}
