import Testbed
import Testing

/// What a command without `-t` gets where varve has a terminal.
@Suite("Standard streams", .enabled(if: isRoot))
struct StreamTests {
    /// Runs a script where the streams are a terminal, as script(1) makes one, and gives what is shown on it.
    private func onTerminal(_ box: Box, _ script: String, typed: String = "true") throws -> String {
        try box.succeed(
            """
            cat >script.sh <<'END'
            stty -echo -onlcr
            echo begin
            \(script)
            END
            { \(typed); } | script -qec 'sh script.sh' /dev/null | sed '0,/begin/d'
            """)
    }

    @Test("a terminal of the caller's is not handed to the command")
    func notHandedOver() throws {
        let box = try Box()
        let seen = try onTerminal(
            box,
            """
            varve run -i --rm debian:12 sh -c 'for n in 0 1 2; do [ -t $n ] && echo tty $n; [ -p /dev/fd/$n ] && echo pipe $n; done; exit 7'
            echo code $?
            varve run --rm debian:12 sh -c '[ -c /dev/fd/0 ] && echo null'
            varve run --rm debian:12 sh -c '[ -t 1 ] || echo mixed >&2' >file
            varve run --rm debian:12 sh -c '[ -f /dev/fd/1 ] && echo direct >&2' >file
            """)
        #expect(seen == "pipe 0\npipe 1\npipe 2\ncode 7\nnull\nmixed\ndirect", "\(seen)")
    }

    @Test("what it writes to both of its outputs is shown whole and in order")
    func order() throws {
        let box = try Box()
        let seen = try onTerminal(
            box,
            "varve run --rm debian:12 sh -c 'n=0; while [ $n -lt 2000 ]; do echo o$n; echo e$n >&2; n=$((n+1)); done'")
        let expected = (0..<2000).map { "o\($0)\ne\($0)" }.joined(separator: "\n")
        #expect(seen == expected)
    }

    @Test("what is typed reaches it with -i, and its input ends when that of the caller does")
    func typing() throws {
        let box = try Box()
        let seen = try onTerminal(
            box, "varve run -i --rm debian:12 sh -c 'cat; echo ended'",
            typed: "echo typed; sleep 1; printf '\\004'; sleep 2")
        #expect(seen == "typed\nended", "\(seen)")
    }

    @Test("it can open its own outputs by name as any user, and leave its input unread")
    func byName() throws {
        let box = try Box()
        let seen = try onTerminal(
            box, "varve run -i --rm -u ann debian:12 sh -c 'exec <&-; echo out >/dev/stdout; echo err >/dev/stderr'")
        #expect(seen == "out\nerr", "\(seen)")
    }
}
