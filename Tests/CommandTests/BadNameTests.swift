import Testbed
import Testing

/// Names that can't be, or that nothing has.
@Suite("Bad names", .enabled(if: isRoot))
struct BadNameTests {
    @Test("illegal tag names are refused wherever one is made")
    func tagNames() throws {
        let box = try Box()
        let reason = "takes lowercase letters and digits, with '.', '_', '__' or '-' between them"
        for (name, why) in [
            ("Debian", "'Debian' \(reason)"), ("a//b", "'' \(reason)"), ("a..b", "'a..b' \(reason)"),
            ("../x", "'..' is no registry host"), ("", "the name is empty"), (":1", "the name is empty"),
            ("-a", "'-a' \(reason)"),
            (
                "a:-1",
                "the tag after ':' takes 1 to 128 of letters, digits, '_', '.' and '-', and starts with none of the last two"
            ),
        ] {
            let line = "varve: read tag name: \(name): \(why)"
            try box.refuses("varve import -m x -- '\(name)' base.tar", code: 2, line)
            try box.refuses("varve tag -- '\(name)' debian:12", code: 2, line)
            try box.refuses("varve tag -m -- debian:12 '\(name)'", code: 2, line)
        }
    }

    @Test("unknown and ambiguous revisions, tags and containers are told apart, with the nearest names")
    func unknown() throws {
        let box = try Box()
        try box.succeed("varve tag web:stable debian:12; varve run --name worker debian:12 true")
        try box.refuses(
            "varve log debain:12", code: 2,
            """
            varve: find revision: debain:12: no tag, commit or container has this name
            hint: did you mean debian:12?
            """)
        try box.refuses(
            "varve status wroker", code: 2,
            """
            varve: find container: wroker: no container has this name or id
            hint: did you mean worker?
            """)
        try box.refuses(
            "varve rollback web:stabel", code: 2,
            """
            varve: find tag: web:stabel: there is none
            hint: did you mean web:stable?
            """)
        try box.refuses(
            "varve run debian:12~7 true", code: 125,
            "varve: resolve: debian:12~7: history begins fewer than 7 commits before id1")
        try box.refuses(
            "varve show deadbeef", code: 2,
            "varve: find revision: deadbeef: no tag, commit or container has this name")
        try box.refuses(
            "varve show 'debian:12@1'", code: 2,
            "varve: read revision: debian:12@1: '@' takes a number of moves or a date in braces, as in debian:12@{1}")
        try box.refuses(
            "varve show debian:12:x", code: 2,
            """
            varve: find revision: debian:12:x: no tag, commit or container has this name
            hint: did you mean debian:12?
            """)
    }

    @Test("a prefix that two commits share is ambiguous")
    func ambiguous() throws {
        let box = try Box()
        // Two commits of 300 share their first four digits with all but certainty.
        let commits = try box.succeed(
            """
            export GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x GIT_COMMITTER_DATE='1700000000 +0000' \
                GIT_AUTHOR_DATE='1700000000 +0000'
            tree=$(git --git-dir=r/git rev-parse 'refs/heads/debian/@12^{tree}')
            python3 - "$tree" <<'END'
            import hashlib, sys
            seen = {}
            for number in range(100000):
                body = b'tree %s\\nauthor x <x> 1 +0000\\ncommitter x <x> 1 +0000\\n\\n%d\\n' % (sys.argv[1].encode(), number)
                id = hashlib.sha1(b'commit %d\\0' % len(body) + body).hexdigest()
                other = seen.setdefault(id[:5], (id, body))
                if other[0] != id:
                    for id, body in sorted([other, (id, body)]):
                        open(id[:40], 'wb').write(body)
                        print(id)
                    break
            END
            """)
        let ids = commits.split(separator: "\n").map(String.init)
        try #require(ids.count == 2)
        for id in ids { try box.succeed("git --git-dir=r/git hash-object -w -t commit \(id)") }
        let prefix = String(ids[0].prefix(5))
        let result = try box.shell("varve show \(prefix)")
        #expect(
            result.errors == """
                varve: find revision: \(prefix): 2 ids begin with it
                hint: it could be \(ids[0]), \(ids[1])

                """)
        #expect(result.status == 2)
    }

    @Test("a container's name that is taken or no name")
    func containerNames() throws {
        let box = try Box()
        try box.succeed("varve run --name w debian:12 true")
        try box.refuses(
            "varve run --name w debian:12 true", code: 125,
            """
            varve: name container: w: another container has this name
            hint: take it away with 'varve rm w', or choose another with --name
            """)
        for name in ["a/b", "", ".x", "a b", "../../etc"] {
            try box.refuses(
                "varve run --name '\(name)' debian:12 true", code: 125,
                "varve: name container: \(name): a container's name is a letter or digit, then letters, digits, '_', '.' and '-', at most 128"
            )
        }
    }

    @Test("misspelt commands, missing arguments and unknown options are one line and a hint")
    func usage() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve comit w
            ! varve: find command: comit: there is none
            ! hint: did you mean commit?
            [2]
            $ varve -q --root r frobnicate
            ! varve: find command: frobnicate: there is none
            ! hint: 'varve help' lists them
            [2]
            $ varve op lgo
            ! varve: find command: op lgo: there is none
            ! hint: did you mean log?
            [2]
            $ varve checkout debian:12
            ! varve: usage: missing expected argument '<directory>'
            ! hint: usage: varve checkout [--root <root>] [--quiet] [--no-pager] <revision> <directory>
            [2]
            $ varve images --jso
            ! varve: usage: unknown option '--jso'. Did you mean '--json'?
            ! hint: usage: varve images [--root <root>] [--quiet] [--no-pager] [--json]
            [2]
            $ varve run
            ! varve: usage: missing expected argument '<revision>'
            ! hint: usage: varve run [<options>] <revision> [<command> ...]
            [125]
            $ varve run --nope debian:12 true
            ! varve: usage: unknown option '--nope'. Did you mean '--name'?
            ! hint: usage: varve run [<options>] <revision> [<command> ...]
            [125]
            $ varve run --network nope debian:12 true
            ! varve: find network: nope: no network has this name or id
            ! hint: make it with 'varve network create nope'
            [125]
            $ varve run -v etc debian:12 true
            ! varve: read -v: etc: it takes SOURCE:/DESTINATION[:OPTIONS], or /DESTINATION alone
            ! hint: SOURCE is a volume's name or a path of the host: /srv/data, ./data
            [125]
            $ varve run -e =x debian:12 true
            ! varve: run: -e =x: it takes NAME=value
            [125]
            $ varve ps -a
            CONTAINER ID   NAME   BASE   REVISION   COMMAND   CREATED   STATUS
            """)
    }
}
