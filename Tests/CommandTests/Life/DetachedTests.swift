import Testbed
import Testing

/// Containers that run on their own.
@Suite("A container that stays", .enabled(if: isRoot))
struct DetachedTests {
    @Test("run -d prints the id alone, and leaves a running container behind")
    func detached() throws {
        let box = try Box()
        let id = try box.succeed("varve run -d --name w debian:12 sleep 1000")
        #expect(id.count == 64 && id.allSatisfy(\.isHexDigit))
        #expect(try box.succeed("varve ps --json | grep -c '\"status\": \"running\"'") == "1")
        try box.transcript(
            """
            $ varve rm w
            ! varve: use container: w: it is running
            ! hint: varve stop w
            [3]
            $ varve rename w v
            $ varve stop -t 0 v
            v
            $ varve ps -a | grep -o 'exited (137)'
            exited (137)
            $ varve rm v
            ! removed v
            """)
    }

    @Test("a command that can't be executed is told as by a foreground run, and leaves nothing")
    func failedStart() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run -d debian:12 nosuch
            ! varve: execute: nosuch: no such program in the container's PATH
            [127]
            $ varve run -d debian:12 /bin/plain
            ! varve: execute: /bin/plain: Permission denied
            ! hint: a program needs permission to be executed: chmod +x
            [126]
            $ varve run -d -u nobody debian:12 true
            ! varve: find user: nobody: no such user in the container's /etc/passwd
            [125]
            $ varve run -d --rm --restart always debian:12 true
            ! varve: run: --rm: a container that is started again by --restart can't be removed
            [125]
            $ ls r/containers r/names
            r/containers:

            r/names:
            """)
    }

    @Test("create makes it, start runs it and wait tells its exit code, also later")
    func stages() throws {
        let box = try Box()
        try box.succeed("varve create --name w debian:12 sh -c 'echo $HOSTNAME >/id; exit 5'")
        try box.transcript(
            """
            $ varve wait w
            0
            $ varve start w
            w
            $ varve wait w
            5
            $ varve wait w
            5
            $ varve start -a w
            [5]
            $ varve logs nosuch
            ! varve: find container: nosuch: no container has this name or id
            [2]
            """)
    }

    @Test("several are waited for, stopped and killed with one command")
    func several() throws {
        let box = try Box()
        try box.succeed(
            """
            for name in a b c; do
                varve run -d --name $name debian:12 sh -c 'trap "exit 3" TERM; echo up; while :; do sleep 0.1; done'
            done
            """)
        for name in ["a", "b", "c"] { try box.succeed("varve logs -f \(name) | head -n 1") }
        try box.transcript(
            """
            $ varve stop a b nosuch
            ! varve: find container: nosuch: no container has this name or id
            [2]
            $ varve stop a b
            a
            b
            $ varve kill c
            c
            $ varve wait a b c
            3
            3
            137
            $ varve kill a
            ! varve: use container: a: it is not running
            [3]
            $ varve stop a
            a
            """)
    }

    @Test("one that ignores TERM is killed when its time is over, and another signal can be chosen")
    func stubborn() throws {
        let box = try Box()
        let script = #"trap "" TERM; trap "exit 9" USR1; echo up; while :; do sleep 0.1; done"#
        try box.succeed("varve run -d --name a debian:12 sh -c '\(script)'; varve logs -f a | head -n 1")
        #expect(try box.succeed("varve stop -t 1 a; varve wait a") == "a\n137")
        try box.succeed(
            "varve run -d --stop-signal USR1 --name b debian:12 sh -c '\(script)'; varve logs -f b | head -n 1")
        #expect(try box.succeed("varve stop b; varve wait b") == "b\n9")
        // A log goes on where it was: that it is up again is the second line.
        try box.succeed("varve start b; varve logs -f b | head -n 2")
        #expect(try box.succeed("varve kill -s SIGUSR1 b; varve wait b") == "b\n9")
    }

    @Test("with --rm it is gone with its command, log and all")
    func removed() throws {
        let box = try Box()
        let id = try box.succeed("varve run -d --rm --name w debian:12 sh -c 'read x </dev/zero; true'")
        try box.succeed("varve kill w")
        #expect(try box.succeed("ls r/containers r/names") == "r/containers:\n\nr/names:", "\(id)")
    }

    @Test("rm -f ends whatever runs, and two at once both succeed")
    func force() throws {
        let box = try Box()
        try box.succeed(
            """
            varve run -d --name w debian:12 sh -c 'trap "" TERM; while :; do sleep 1; done'
            varve rm -f w & first=$!
            varve rm -f w || [ $? = 2 ]
            wait $first || [ $? = 2 ]
            """)
        #expect(try box.succeed("ls r/containers r/names") == "r/containers:\n\nr/names:")
    }

    @Test("with its supervisor killed it is dead and known to be, and can be removed or started again")
    func deadSupervisor() throws {
        let box = try Box()
        try box.succeed("varve run -d --name w debian:12 sleep 1000")
        try box.succeed(Self.killKeeper)
        #expect(try box.succeed("varve wait w") == "137")
        #expect(try box.succeed("varve ps -a | grep -o 'exited (137)'; varve ps | wc -l") == "exited (137)\n1")
        try box.succeed("varve start w; varve ps | grep -q ' up '")
        try box.succeed(Self.killKeeper)
        try box.succeed("varve rm -f w")
        #expect(try box.succeed("ls r/containers r/names") == "r/containers:\n\nr/names:")
    }

    /// Kills the only container's supervisor.
    static let killKeeper = #"kill -9 "$(sed 's/.*"keeper":\([0-9]*\).*/\1/' r/containers/*/state.json)""#

    @Test("twenty at once and then as many in a row start without a failure")
    func many() throws {
        let box = try Box()
        let failures = try box.succeed(
            """
            for n in $(seq 20); do { varve run -d --name at-once-$n debian:12 sleep 1000 >/dev/null || echo failed; } & done
            wait
            for n in $(seq 20); do varve run -d --rm debian:12 true >/dev/null || echo failed; done
            """)
        #expect(failures == "")
        #expect(try box.succeed("varve ps | grep -c at-once") == "20")
        try box.succeed("varve rm -f $(seq -f at-once-%g 20)")
    }
}
