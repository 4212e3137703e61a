import Testbed
import Testing

/// What is kept of a container's output, and how it is shown.
@Suite("A container's log", .enabled(if: isRoot))
struct OutputLogTests {
    /// The log without the times, which have to be there.
    private func entries(_ box: Box, of files: String = "log") throws -> String {
        try box.succeed(
            #"cat r/containers/*/\#(files) | sed -E 's/"time":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]*[1-9])?Z"\}$/TIME/'"#
        )
    }

    @Test("it has Docker's json-file form, byte for byte")
    func form() throws {
        let box = try Box()
        try box.succeed(
            #"""
            cat >say <<'END'
            printf 'plain\n"quoted" \\ <a&b>\t\r\n\n'
            printf 'caf\303\251 \377\300\200 \355\240\200 \342\200\250 \360\237\230\200 \360\237\n' >&2
            sleep 0.1
            printf '\0\033 no end'
            END
            varve run -v $PWD/say:/say --name w debian:12 sh /say >/dev/null 2>&1
            """#)
        let written = try entries(box)
        #expect(
            written == #"""
                {"log":"plain\n","stream":"stdout",TIME
                {"log":"\"quoted\" \\ \u003ca\u0026b\u003e\u0009\r\n","stream":"stdout",TIME
                {"log":"\n","stream":"stdout",TIME
                {"log":"café \ufffd\ufffd\ufffd \ufffd\ufffd\ufffd \u2028 😀 \ufffd\ufffd\n","stream":"stderr",TIME
                {"log":"\u0000\u001b no end","stream":"stdout",TIME
                """#, "\(written)")
    }

    @Test("a line is cut every 16 KiB, and each piece tells when the line began")
    func longLines() throws {
        let box = try Box()
        try box.succeed(
            """
            cat >say <<'END'
            head -c 16384 /dev/zero; echo
            head -c 40000 /dev/zero; echo
            head -c 16383 /dev/zero; echo
            END
            varve run -v $PWD/say:/say --name w debian:12 sh /say >/dev/null
            """)
        // A NUL takes six bytes: \u0000.
        #expect(
            try entries(box).split(separator: "\n").map { line in
                "\((line.utf8.count - 30) / 6) \(line.contains(#"\n""#))"
            } == ["16384 false", "0 true", "16384 false", "16384 false", "7232 true", "16383 true"])
        let times = try box.succeed(#"sed -E 's/.*"time":"(.*)"}/\1/' r/containers/*/log"#).split(separator: "\n")
        #expect(times[2] == times[3] && times[3] == times[4])
    }

    @Test("it is shown by its end, by time, with times, and each stream as such")
    func shown() throws {
        let box = try Box()
        try box.succeed(
            "varve run --name w debian:12 sh -c 'echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three' >/dev/null 2>&1"
        )
        try box.transcript(
            """
            $ varve logs w
            one
            three
            ! two
            $ varve logs --tail 2 w
            three
            ! two
            $ varve logs -n 0 w
            $ varve logs --tail all w 2>/dev/null | wc -l
            2
            $ varve logs -t w 2>&1 | sed -E 's/^20[0-9-]+T[0-9:]{8}\\.[0-9]{9}Z/TIME/'
            TIME one
            TIME two
            TIME three
            $ varve logs --since "$(varve logs -t w 2>&1 | sed -n 's/ two//p')" w
            three
            ! two
            $ varve logs --until "$(varve logs -t w 2>&1 | sed -n 's/ two//p')" w
            one
            ! two
            $ varve logs --since 1h --until 1970-01-02 w
            $ varve logs --since soon w
            ! varve: read --since: soon: it is no time
            ! hint: write 2026-11-01, 2026-11-01T15:30:00Z, 1700000000, 10m or 'AGO'
            [2]
            """)
    }

    @Test("it is begun anew at its size, the oldest file goes, and all are read in order")
    func rotation() throws {
        let box = try Box()
        let script = "n=1; while [ $n -le 200 ]; do echo line $n; n=$((n+1)); done"
        let options = "--log-opt max-size=2k --log-opt max-file=3"
        try box.succeed("varve run \(options) --name w debian:12 sh -c '\(script)' >/dev/null")
        #expect(try box.succeed("cd r/containers/*/; echo log*") == "log log.1 log.2")
        let shown = try box.succeed("varve logs w").split(separator: "\n").map(String.init)
        #expect(shown.last == "line 200" && shown.count > 40 && shown.count < 200)
        #expect(shown == (201 - shown.count...200).map { "line \($0)" })
        #expect(try box.succeed("varve logs --tail 35 w").split(separator: "\n").map(String.init) == shown.suffix(35))
        // With one file alone that begins anew.
        try box.succeed("varve run --log-opt max-size=1k --name v debian:12 sh -c '\(script)' >/dev/null")
        #expect(try box.succeed("varve logs v | tail -n 1") == "line 200")
    }

    @Test("who follows it misses nothing when it is begun anew, and ends with the container")
    func follow() throws {
        let box = try Box()
        try box.succeed(
            """
            varve run -d --log-opt max-size=20k --log-opt max-file=5 --name w debian:12 sh -c \
                'read go; n=1; while [ $n -le 1000 ]; do echo line $n; n=$((n+1)); done' <&- >/dev/null
            """)
        try box.succeed("varve rm -f w")
        let script = "n=1; while [ $n -le 1000 ]; do echo line $n; n=$((n+1)); [ $((n%50)) = 0 ] && sleep 0.02; done"
        let shown = try box.succeed(
            """
            varve run -d --log-opt max-size=20k --log-opt max-file=5 --name w debian:12 sh -c '\(script)' >/dev/null
            varve logs -f w
            """)
        #expect(shown.split(separator: "\n").map(String.init) == (1...1000).map { "line \($0)" })
    }

    @Test("without room for it the container goes on, and what is kept are whole entries")
    func fullDisk() throws {
        let box = try Box(imported: false)
        try box.succeed("mkdir r; mount -t tmpfs -o size=24m tmpfs r")
        defer { _ = try? box.shell("umount r") }
        try box.succeed("varve -q import debian:12 base.tar")
        let code = try box.shell(
            """
            varve run -d --name w debian:12 sh -c 'head -c 30000000 /dev/zero; echo; echo last; exit 3' >/dev/null
            varve wait w
            """)
        #expect(code.text == "3\n", "\(code.errors)")
        #expect(try box.succeed("varve ps -a | grep -o 'exited (3)'") == "exited (3)")
        try box.succeed(#"! grep -av '^{"log":.*"}$' r/containers/*/log"#)
        try box.succeed("varve rm w")
    }

    @Test("with the driver none there is none, and impossible options are refused")
    func options() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --log-driver none --name w debian:12 sh -c 'echo shown'
            shown
            $ varve logs w
            ! varve: read log: w: its log driver 'none' keeps none
            [3]
            $ varve run --log-driver syslog debian:12 true
            ! varve: run: --log-driver syslog: it takes 'json-file' or 'none'
            [125]
            $ varve run --log-opt max-size=none debian:12 true
            ! varve: run: --log-opt max-size=none: it takes a size such as 500k, 10m or 1g
            [125]
            $ varve run --log-opt max-file=2 debian:12 true
            ! varve: run: --log-opt max-file: it takes a max-size too
            [125]
            $ varve run --log-opt tag=x debian:12 true
            ! varve: run: --log-opt tag=x: it takes max-size=SIZE or max-file=N
            [125]
            """)
    }
}
