import Glibc
import Testbed
import Testing

/// Containers with a first process of ours.
@Suite("With --init", .enabled(if: isRoot))
struct InitTests {
    @Test("the command is no process 1, its exit code and signals are its own, and orphans are waited for")
    func all() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --rm --init debian:12 sh -c 'echo $$; exit 7'
            2
            [7]
            $ varve run --rm --init debian:12 sh -c 'kill -TERM $$'
            [143]
            $ varve run --rm --init debian:12 nosuch
            ! varve: execute: nosuch: no such program in the container's PATH
            [127]
            $ varve run --rm --init debian:12 /bin/plain
            ! varve: execute: /bin/plain: Permission denied
            ! hint: a program needs permission to be executed: chmod +x
            [126]
            """)
        // An orphan ends: without an init it stays a zombie for as long as the shell does nothing but wait for a signal.
        let zombies =
            #"(sh -c "sleep 0.1 & echo left" &); busybox sleep 1; for p in /proc/[0-9]*; do busybox grep -s "State:.Z" $p/status; done; echo looked"#
        #expect(try box.succeed("varve run --rm --init debian:12 sh -c '\(zombies)'") == "left\nlooked")
    }

    @Test("it is shown as what it is, with the command")
    func name() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --rm --init debian:12 cat /proc/1/comm /proc/1/cmdline | tr '\\0' ' ' | sed 's/ *$//'
            init
            init -- cat /proc/1/comm /proc/1/cmdline
            """)
    }

    @Test("it gives TERM on, so that a command without a handler ends by it")
    func term() throws {
        let box = try Box()
        try box.succeed(
            "varve run -d --init --name w debian:12 sh -c 'echo up; sleep 1000'; varve logs -f w | head -n 1")
        #expect(try box.succeed("varve stop w; varve wait w") == "w\n143")
    }

    @Test("in a terminal its signals reach the command once")
    func terminal() throws {
        let box = try Box()
        let shown = try box.succeed(
            """
            cat >script.sh <<'END'
            varve run --rm -it --init debian:12 sh -c 'trap "echo INT" INT; echo up; sleep 2; sleep 1; exit 5'
            echo code $?
            END
            { sleep 1; printf '\\003'; sleep 3; } | script -qec 'sh script.sh' /dev/null | tr -d '\\r'
            """)
        #expect(shown == "up\n^CINT\ncode 5", "\(shown)")
    }
}
