import Glibc
import Testbed
import Testing

/// `exec`: further commands in a running container.
@Suite("Entering containers", .enabled(if: isRoot))
struct ExecTests {
    /// A container `c` whose first process runs `script`, which says `up` when it is ready.
    private func start(_ box: Box, _ options: [String] = [], _ script: String = "") throws -> Spawned {
        let container = try Spawned(
            ["varve", "run", "--name", "c"] + options + [
                "debian:12", "sh", "-c", "\(script)\necho up; exec sleep 1000",
            ],
            in: box)
        try container.waitForOutput("up")
        return container
    }

    private func end(_ container: Spawned) throws {
        try container.send(SIGTERM)
        // As process 1 sleep does not heed it.
        try container.send(SIGKILL)
    }

    @Test("a command has the container's surroundings, user and limits, and its exit code is varve's")
    func surroundings() throws {
        let box = try Box()
        try box.succeed("printf 'C=file\\nA=file\\n' >env")
        let container = try start(
            box, ["-e", "A=1", "-h", "h", "--ulimit", "nofile=77", "-w", "/tmp", "-v", "data:/data", "--tmpfs", "/t"],
            "echo t >/t/f")
        try box.transcript(
            """
            $ varve exec c env
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
            HOSTNAME=h
            A=1
            HOME=/root
            $ varve exec --env-file env -e B=2 -u ann -w /etc c sh -c 'echo $A,$B,$C,$HOME; pwd; id; ulimit -n'
            file,2,file,/home/ann
            /etc
            uid=1000(ann) gid=1000(ann) groups=29(audio)
            77
            $ varve exec c sh -c 'pwd; cat /t/f; hostname; echo $(ls /data)'
            /tmp
            t
            h

            $ varve exec c sh -c 'exit 42'
            [42]
            $ varve exec c sh -c 'kill -KILL $$'
            [137]
            $ varve exec c nosuch
            ! varve: execute: nosuch: no such program in the container's PATH
            [127]
            $ varve exec c /bin/plain
            ! varve: execute: /bin/plain: Permission denied
            ! hint: a program needs permission to be executed: chmod +x
            [126]
            $ varve exec -u nobody c true
            ! varve: find user: nobody: no such user in the container's /etc/passwd
            [125]
            $ varve exec -w here c true
            ! varve: set working directory: here: it is no absolute path without '..'
            [125]
            $ varve exec -t --detach-keys ctrl-1 c true
            ! varve: exec: --detach-keys ctrl-1: it takes characters and ctrl-LETTER, with commas between
            [125]
            $ varve exec nosuch true
            ! varve: find container: nosuch: no container has this name or id
            [125]
            $ varve status c
            """)
        let words =
            "sh -c 'grep -E \"^(Cap|NoNew|Seccomp:)\" /proc/self/status; busybox readlink /proc/self/ns/*; cat /proc/self/cgroup'"
        #expect(
            try box.succeed("varve exec c \(words)")
                == box.succeed("varve exec c \(words.replacing("self", with: "1"))"))
        try end(container)
    }

    @Test("streams are the caller's: input only with -i, a terminal of its own with -t")
    func streams() throws {
        let box = try Box()
        let container = try start(box)
        try box.transcript(
            """
            $ echo typed | varve exec -i c cat
            typed
            $ echo typed | varve exec c cat
            $ varve exec -i c cat </dev/null
            $ varve exec c sh -c 'echo out; echo err >&2'
            out
            ! err
            $ varve exec -it c true </dev/null
            ! varve: exec: -t: standard input is no terminal
            ! hint: leave -t out where there is none
            [125]
            $ varve exec c sh -c 'while :; do echo y || exit 3; done' | head -n 1
            y
            """)
        let seen = try box.succeed(
            "script -qec 'stty rows 33 cols 101; varve exec -it c sh -c \"tty; stty size; exit 5\"; echo code $?; stty -a | grep -o -- \"-\\?icanon\"' /dev/null </dev/null | tr -d '\\r' | sed 's/^\\^[@D]//'"
        )
        #expect(seen == "/dev/pts/0\n33 101\ncode 5\nicanon", "\(seen)")
        try end(container)
    }

    @Test("killed with varve, unless it was detached")
    func killed() throws {
        let box = try Box()
        let container = try start(box)
        let entered = try Spawned(["varve", "exec", "c", "sh", "-c", "echo in; exec sleep 4321"], in: box)
        try entered.waitForOutput("in")
        try entered.send(SIGKILL)
        #expect(try entered.wait() == 137)
        let running = "varve exec c busybox ps | grep -c 'sleep [4]321' || :"
        try container.waitUntil("it is gone") { try box.succeed(running) == "0" }
        try box.succeed("varve exec -d c sh -c 'echo d >/tmp/d; exec sleep 4321'")
        try container.waitUntil("it has begun") { try box.succeed("varve exec c ls /tmp") == "d" }
        #expect(try box.succeed(running) == "1")
        try end(container)
    }

    /// Types the keys to leave into a terminal in which a command has said `in`, and exits as varve did.
    private static let leaving = """
        import os, pty, sys
        pid, terminal = pty.fork()
        if pid == 0: os.execvp(sys.argv[1], sys.argv[1:])
        shown = b""
        while b"in" not in shown: shown += os.read(terminal, 1000)
        os.write(terminal, b"\\x10\\x11")
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """

    @Test("one with a terminal goes on without anybody to look at it, left alone from the beginning or by the keys")
    func leftTerminal() throws {
        let box = try Box()
        let container = try start(box)
        try box.succeed("cat >leave.py <<'END'\n\(Self.leaving)\nEND")
        // More than a terminal holds that nobody reads.
        let flood = "dd if=/dev/zero bs=1000 count=300 2>/dev/null; exec sleep 4323"
        try box.succeed("varve exec -dit c sh -c 'test -t 0 && touch /tmp/d; \(flood)'")
        try box.succeed("timeout 60 python3 leave.py varve exec -it c sh -c 'echo in; sleep 1; \(flood)'")
        try container.waitUntil("both have written all") {
            try box.succeed("varve exec c busybox ps | grep -c 'sleep [4]323' || :") == "2"
        }
        #expect(try box.succeed("varve exec c ls /tmp") == "d")
        #expect(try box.succeed("varve events --since 0 --until now | grep -c exec_detach") == "1")
        try end(container)
    }

    @Test("a container that does not run, or runs no more, is told")
    func ended() throws {
        let box = try Box()
        let container = try start(box)
        let entered = try Spawned(["varve", "exec", "c", "sh", "-c", "echo in; exec sleep 4321"], in: box)
        try entered.waitForOutput("in")
        try box.succeed("kill -KILL $(varve ps --json | grep -o '\"pid\": [0-9]*' | cut -d' ' -f2)")
        // With its first process all others go.
        #expect(try entered.wait() == 137)
        #expect(try container.wait() == 137)
        try box.refuses("varve exec c true", code: 125, "varve: use container: c: it is not running")
    }

    @Test("a paused container is told")
    func paused() throws {
        let box = try Box()
        let container = try start(box)
        try box.succeed("varve pause c")
        try box.refuses(
            "varve exec c true", code: 125,
            "varve: use container: c: it is paused\nhint: 'varve unpause c' lets it go on")
        try box.succeed("varve unpause c")
        #expect(try box.succeed("varve exec c sh -c 'echo on'") == "on")
        try end(container)
    }

    /// What a container does to its own files, and what that makes of a command in it.
    private static let tricks: [(script: String, command: String, expected: String)] = [
        (
            "busybox rm /etc/passwd; busybox ln -s /box/passwd /etc/passwd", "exec -u mallory c true",
            "varve: find user: mallory: no such user in the container's /etc/passwd"
        ),
        (
            "busybox rm /etc/passwd; busybox mkfifo /etc/passwd", "exec -u ann c true",
            "varve: find user: ann: the container's /etc/passwd can't be read: it is no regular file"
        ),
        (
            "busybox rm /etc/passwd; busybox ln -s /proc/1/root/etc/passwd /etc/passwd", "exec -u ann c true",
            "varve: find user: ann: the container's /etc/passwd can't be read: Too many levels of symbolic links"
        ),
        (
            "busybox rm /etc/passwd /etc/group; busybox mkdir /etc/group; busybox ln -s passwd /etc/passwd",
            "exec -u 0:0 c sh -c 'echo in >&2'", "in"
        ),
        ("busybox rm /etc/passwd; busybox truncate -s 5M /etc/passwd", "exec c sh -c 'echo in >&2'", "in"),
        ("busybox mkdir /x; busybox mount --bind /x /proc 2>/dev/null", "exec c sh -c 'echo fine >&2'", "fine"),
    ]

    @Test("a container that lays traps where exec looks has nothing of the host touched", arguments: tricks.indices)
    func hostile(index: Int) throws {
        let box = try Box()
        try box.succeed("echo 'mallory:x:0:0::/:/bin/sh' >passwd")
        let trick = Self.tricks[index]
        let container = try start(box, [], trick.script.replacing("/box", with: box.path))
        let result = try box.shell("timeout 60 varve \(trick.command)")
        #expect(result.errors == trick.expected + "\n", "\(trick.script)")
        try end(container)
    }

    @Test("a terminal is opened in the container's own devpts alone")
    func terminalTrap() throws {
        let box = try Box()
        let container = try start(
            box, ["--privileged"], "busybox mount -t tmpfs none /dev/pts")
        let result = try box.shell("script -qec 'varve exec -it c true' /dev/null </dev/null | tr -d '\\r'")
        #expect(result.text.contains("varve: open terminal: "), "\(result.text)")
        try end(container)
    }
}
