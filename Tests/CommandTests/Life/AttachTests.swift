import Glibc
import Testbed
import Testing

/// Staying with a container that runs on its own.
@Suite("Attaching", .enabled(if: isRoot))
struct AttachTests {
    /// Answers each line, and ends with its input.
    private static let answering =
        #"echo ready; while read line; do echo "got $line"; echo "err $line" >&2; done; exit 6"#

    @Test(
        "what is typed reaches it, what it writes is shown on the stream it came from, and its exit code is the command's"
    )
    func both() throws {
        let box = try Box()
        try box.succeed("varve run -d -i --name w debian:12 sh -c '\(Self.answering)'; varve logs -f w | head -n 1")
        let client = try Spawned(["varve", "attach", "w"], in: box)
        try client.write(Array("one\n".utf8))
        try client.waitForOutput("got one\n")
        try client.waitUntil("the error is there") { try client.errors() == "err one\n" }
        // Its input is not this client's alone: it goes on.
        try client.closeInput()
        let second = try Spawned(["varve", "attach", "w"], in: box)
        try second.write(Array("two\n".utf8))
        try second.waitForOutput("got two\n")
        try client.waitForOutput("got two\n")
        try box.succeed("varve kill -s KILL w")
        #expect(try client.wait() == 137)
        #expect(try second.wait() == 137)
        #expect(try box.succeed("varve logs w 2>/dev/null") == "ready\ngot one\ngot two")
    }

    @Test("a foreground run ends its input with the caller's, whole and in order")
    func input() throws {
        let box = try Box()
        try box.succeed("seq 200000 >numbers; varve run -i --name w debian:12 cat <numbers >copy; cmp numbers copy")
        try box.succeed(
            "varve rm w; varve run -i --name w debian:12 sh -c 'cat >/f; exit 3' <numbers || [ $? = 3 ]; varve cat w:/f | cmp - numbers"
        )
    }

    @Test("a closed output of the caller is no end of the container")
    func closedOutput() throws {
        let box = try Box()
        try box.succeed(
            "varve run --name w debian:12 sh -c 'n=0; while [ $n -lt 3000 ]; do echo $n; n=$((n+1)); done; touch /done' | head -n 1"
        )
        #expect(try box.succeed("varve status w") == "A /done")
    }

    @Test("a container outlives the command that started it, and signals reach it through that command")
    func outlives() throws {
        let box = try Box()
        let script = #"trap "exit 8" TERM; echo up; while :; do sleep 0.1; done"#
        let first = try Spawned(["varve", "run", "--name", "w", "debian:12", "sh", "-c", script], in: box)
        try first.waitForOutput("up")
        try first.send(SIGKILL)
        #expect(try first.wait() == 137)
        let second = try Spawned(["varve", "attach", "w"], in: box)
        // Attached as soon as it blocks the signal.
        try second.waitUntil("it takes signals for the container") {
            try box.shell("varve events --since 0 --until now | grep -q attach").status == 0
        }
        try second.send(SIGTERM)
        #expect(try second.wait() == 8)
        #expect(try box.succeed("varve wait w") == "8")
    }

    @Test("in a terminal the keys to leave leave it running, and its size is the caller's")
    func detach() throws {
        let box = try Box()
        try box.succeed(
            """
            cat >script.sh <<'END'
            stty rows 33 cols 77
            varve run -it --name w debian:12 sh -c 'stty size; read line; stty size; sleep 1000'
            echo left $?
            varve ps | grep -c ' up '
            END
            { sleep 1; printf 'x\\n'; sleep 1; printf '\\020\\021'; sleep 2; } | script -qec 'sh script.sh' /dev/null >shown
            """)
        let shown = try box.succeed("tr -d '\\r' <shown")
        #expect(shown == "33 77\nx\n33 77\nleft 0\n1", "\(shown)")
        try box.succeed("varve rm -f w")
    }

    @Test("a client that is gone or does not read ends nothing, and the others are told of the end")
    func slowClient() throws {
        let box = try Box()
        try box.succeed(
            "varve run -d -i --name w debian:12 sh -c 'read go; head -c 3000000 /dev/zero; echo; echo end; sleep 1000'")
        let slow = try Spawned(["varve", "attach", "w"], in: box)
        try slow.waitUntil("it is attached") {
            try box.shell("varve events --since 0 --until now | grep -q attach").status == 0
        }
        try slow.send(SIGSTOP)
        try box.succeed("echo go | varve attach --sig-proxy=false w >/dev/null & varve logs -f w | head -c 100 | wc -c")
        try slow.send(SIGKILL)
        try box.succeed("varve logs -f w | grep -a -m 1 -x end; varve stop -t 0 w; wait")
        #expect(try slow.wait() == 137)
    }

    @Test("what can't be attached to is said, and keys that are none")
    func refusals() throws {
        let box = try Box()
        try box.succeed("varve create --name w debian:12 true")
        let tied = try Spawned(
            ["varve", "run", "--rm", "-i", "--name", "t", "debian:12", "sh", "-c", "echo up; cat"], in: box)
        try tied.waitForOutput("up")
        try box.transcript(
            """
            $ varve attach w
            ! varve: use container: w: it is not running
            [125]
            $ varve attach --detach-keys ctrl-1 w
            ! varve: attach: --detach-keys ctrl-1: it takes characters and ctrl-LETTER, with commas between
            [125]
            $ varve attach t 2>&1 | cut -d'(' -f1
            varve: attach: t: it runs in the foreground of another command, or has just ended 
            """)
        try tied.closeInput()
        #expect(try tied.wait() == 0)
    }
}
