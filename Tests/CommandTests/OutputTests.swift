import Testbed
import Testing

/// What goes where, and in which form.
@Suite("Output", .enabled(if: isRoot))
struct OutputTests {
    /// Each command with JSON, and the keys of the document or of its elements (docs/json.md).
    private static let documents: [(command: String, keys: String)] = [
        ("tag", "commit tag"),
        ("ps -a", "base command created exitCode finished id labels name networks ports revision started status tag"),
        ("status w", "changed path status"),
        ("diff w", "changed path status"),
        ("diff debian:12", "changed path status"),
        ("log debian:12", "author commit committer message parents tags tree"),
        ("show debian:12", "author changes commit committer message parents tags tree"),
        ("reflog debian:12", "message new old seconds"),
        ("op log", "author bases description moves operation seconds undoes"),
        ("op show $OP", "author bases description moves operation seconds undoes"),
        ("ls debian:12:/etc", "gid id kind mode name nanoseconds seconds size uid"),
        ("ls debian:12:/bin/sh", "gid id kind mode name nanoseconds seconds size target uid"),
        (
            "info",
            "checkout checkoutReason containers containersFit controlGroups kernel libgit2 root tags version"
        ),
        ("version", "version"),
    ]

    @Test("every --json document parses and has the documented keys")
    func json() throws {
        let box = try Box()
        try box.succeed(
            "varve run --name w debian:12 touch /new; varve -q commit w; varve start -a w; rm -f r/containers/*/upper.0/new"
        )
        try box.succeed("varve run --name v debian:12 true")
        let own = #filePath
        let documentation = try box.succeed("cat \"$(dirname '\(own)')/../../docs/json.md\"")
        for (command, keys) in Self.documents {
            let found = try box.succeed(
                """
                OP=$(varve op log -n 1 | cut -c1-10)
                varve \(command) --json | python3 -c 'import json,sys
                d=json.load(sys.stdin)
                print(*sorted(set().union(*(d if isinstance(d,list) else [d]))))'
                """)
            #expect(found == keys, "varve \(command) --json")
            for key in keys.split(separator: " ") {
                #expect(documentation.contains("`\(key)`"), "docs/json.md lacks \(key) of \(command)")
            }
        }
    }

    @Test("names that are not UTF-8 are escaped in path and exact in pathBytes")
    func bytes() throws {
        let box = try Box()
        try box.succeed(
            "varve run --name w debian:12 sh -c 'touch \"/$(printf \"a\\377b\")\" \"/$(printf \"c\\nd\")\"'")
        try box.transcript(
            #"""
            $ varve status w
            A /a\xffb
            A /c\x0ad
            $ varve status w --json | python3 -c 'import json,sys,base64; print([(c["path"], base64.b64decode(c.get("pathBytes", ""))) for c in json.load(sys.stdin)])'
            [('/a\\xffb', b'/a\xffb'), ('/c\\x0ad', b'')]
            """#)
    }

    @Test("JSON is refused beside another form")
    func oneForm() throws {
        let box = try Box()
        for (command, option) in [
            ("diff debian:12", "--stat"), ("diff debian:12", "-p"), ("diff debian:12", "--name-status"),
            ("show debian:12", "--patch"), ("log debian:12", "--oneline"), ("log debian:12", "--stat"),
        ] {
            let (name, told) = (String(command.prefix { $0 != " " }), option == "-p" ? "--patch" : option)
            try box.refuses(
                "varve \(command) --json \(option)", code: 2,
                "varve: \(name): --json: it can't be given with \(told)\nhint: leave one of the two out")
        }
    }

    @Test("no escape sequence of a name reaches the terminal")
    func escapes() throws {
        let box = try Box()
        try box.succeed(
            """
            varve run --name w debian:12 sh -c 'touch "/$(printf "a\\033[31m")"; echo x >"/$(printf "b\\033[32m")"'
            ln -s 0000 "r/names/$(printf 'd\\033[34m')"
            """)
        for command in [
            "status w", "diff w", "diff -p w", "diff --stat w", "ps -a", "ls w:/", "ps --json", "diff --json w",
        ] {
            let result = try box.shell("varve \(command)")
            #expect(result.status == 0 && !result.text.isEmpty, "\(command): \(result.errors)")
            #expect(!(result.text + result.errors).utf8.contains(0x1b), "\(command)")
        }
        #expect(try box.succeed("varve ps").contains(#"d\x1b[34m"#))
        #expect(try box.succeed("varve diff -p w").contains(#"+++ b/b\x1b[32m"#))
    }

    @Test("-q leaves only results and errors")
    func quiet() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --name w debian:12 touch /a
            $ varve commit -q w
            ID1
            $ varve rollback -q debian:12
            ID2
            $ varve -q undo
            $ varve -q rm w
            $ varve -q rm w
            ! varve: find container: w: no container has this name or id
            [2]
            """)
    }

    @Test("colour and a pager are only for terminals, NO_COLOR and --no-pager hold")
    func terminals() throws {
        let box = try Box()
        box.environment["PAGER"] = "sed s/^/paged:/"
        box.environment["TERM"] = "xterm"
        func onTerminal(_ command: String) throws -> String {
            try box.succeed("script -qec '\(command)' /dev/null </dev/null | tr -d '\\r' | cat -v")
        }
        #expect(try !box.succeed("varve log --oneline debian:12").contains("paged:"))
        #expect(try onTerminal("varve log --oneline debian:12").hasPrefix("paged:^[[33m"))
        #expect(try onTerminal("varve --no-pager log --oneline debian:12").hasPrefix("^[[33m"))
        let plain = try onTerminal("NO_COLOR=1 varve log --oneline debian:12")
        #expect(plain.hasPrefix("paged:") && !plain.contains("^[["), "\(plain)")
        #expect(try !onTerminal("varve log --json debian:12").contains("paged:"))
    }

    @Test("an import that takes its time shows how far it is, on a terminal")
    func progress() throws {
        let box = try Box()
        box.environment["TERM"] = "xterm"
        let slowly = "(head -c 1000000 base.tar; sleep 1; tail -c +1000001 base.tar) | varve import slow:1 -"
        let shown = try box.succeed("script -qec '\(slowly)' /dev/null </dev/null | cat -v")
        #expect(shown.contains("^M^[[Kimport slow:1: ") && shown.contains(" MiB, "), "\(shown)")
        let quiet = try box.succeed("script -qec '\(slowly) -q' /dev/null </dev/null | cat -v")
        #expect(!quiet.contains("MiB"), "\(quiet)")
    }

    @Test("a reader that goes away is no noise")
    func closedPipe() throws {
        let box = try Box()
        for command in [
            "log -p debian:12", "ls debian:12:/bin", "diff debian:12", "cat debian:12:/bin/busybox", "help run",
        ] {
            let result = try box.shell("varve \(command) | head -c 1 >/dev/null")
            #expect(result.errors == "", "\(command)")
        }
        for command in ["log debian:12", "cat debian:12:/bin/busybox"] {
            let full = try box.shell("varve \(command) >/dev/full")
            #expect(full.status == 3)
            #expect(full.errors == "varve: write output: No space left on device\n")
        }
    }
}
