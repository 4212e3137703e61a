import Glibc
import Testbed
import Testing

/// Who is attached to a container, and how many.
@Suite("Clients of a container", .enabled(if: isRoot))
struct ClientTests {
    @Test(
        "without --sig-proxy a signal that ends programs makes a client leave, and the container goes on",
        arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
    func interrupted(signal: Int32) throws {
        let box = try Box()
        let first = try Spawned(
            ["varve", "run", "--sig-proxy=false", "--name", "w", "debian:12", "sh", "-c", "echo up; sleep 1000"],
            in: box)
        try first.waitForOutput("up")
        try first.send(signal)
        #expect(try first.wait() == 128 + signal)
        let second = try Spawned(["varve", "attach", "--sig-proxy=false", "w"], in: box)
        // Attached only when it holds its signals back.
        try second.waitUntil("it is attached") {
            try box.shell("varve events --since 0 --until now | grep -q attach").status == 0
        }
        // Not one that ends programs.
        try second.send(SIGCONT)
        try second.send(signal)
        #expect(try second.wait() == 128 + signal)
        let events = try box.succeed(
            "varve exec w true && echo on; varve events --since 0 --until now | grep -o 'container [ad]e*t*tach'")
        #expect(events == "on\ncontainer detach\ncontainer attach\ncontainer detach")
        try box.succeed("varve rm -f w")
    }

    @Test("one more than there can be is refused, and one in place of another is not")
    func tooMany() throws {
        let box = try Box()
        let attached = "varve events --since 0 --until now | grep -c attach"
        try box.succeed(
            """
            varve run -di --name w debian:12 sh -c 'read line; exit 5'
            for n in $(seq 32); do varve attach --no-stdin w & echo $! >client; done
            until [ "$(\(attached))" = 32 ]; do :; done
            """)
        try box.transcript(
            """
            $ echo | varve attach w
            ! varve: attach: w: as many clients as there can be (32) are attached to it
            [125]
            """)
        try box.succeed("kill -9 $(cat client)")
        #expect(try box.shell("echo | varve attach w").status == 5)
        try box.succeed("varve rm w")
    }

    /// One client gives more than the container's input takes, and is gone. While its rest is taken, another one sends.
    private static let takingTurns = #"""
        import fcntl, os, signal, socket, struct, sys, time
        keeper, pid = int(sys.argv[1]), int(sys.argv[2])
        def client():
            client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            client.connect("attach")
            client.send(b"H\4")
            return client
        def sockets():
            try: names = [os.readlink(f"/proc/{keeper}/fd/{n}") for n in os.listdir(f"/proc/{keeper}/fd")]
            except FileNotFoundError: return sockets()
            return sum(name.startswith("socket:") for name in names)
        def waiting():
            return struct.unpack("i", fcntl.ioctl(pipe, 0x541b, b"    "))[0]
        pipe = os.open(f"/proc/{pid}/fd/0", os.O_RDONLY | os.O_NONBLOCK)
        piece, capacity = 16384, fcntl.fcntl(pipe, 1032)
        first, second = client(), client()
        while sockets() != 3: pass
        for n in range(capacity // piece):
            first.send(b"I" + b"x" * piece)
            first.recv(2)
        first.send(b"I" + b"x" * piece)
        first.close()
        while sockets() != 2: pass
        os.kill(keeper, signal.SIGSTOP)
        while open(f"/proc/{keeper}/stat").read().rsplit(") ", 1)[1][0] != "T": pass
        open("../../../go", "w").write(f"{(capacity // piece + 1) * piece}\n")
        while waiting(): pass
        second.send(b"Ib\n")
        os.kill(keeper, signal.SIGCONT)
        if second.recv(2) != b"A": sys.exit("it was not taken")
        """#

    @Test("one that is forgotten takes no other's place while that sends")
    func forgotten() throws {
        let box = try Box()
        try box.succeed("cat >turns.py <<'END'\n\(Self.takingTurns)\nEND")
        let state = "$BOX/r/containers/*/state.json"
        #expect(
            try box.succeed(
                """
                mkfifo go
                varve run -di -v $PWD/go:/go --name w debian:12 sh -c 'read n </go; dd bs=1 count=$n of=/dev/null 2>/dev/null
                    read line; echo "got $line"; sleep 1000' >/dev/null
                keeper=$(sed 's/.*"keeper":\\([0-9]*\\).*/\\1/' \(state))
                pid=$(sed 's/.*"running","pid":\\([0-9]*\\).*/\\1/' \(state))
                (cd r/containers/*/ && timeout 60 python3 $BOX/turns.py $keeper $pid) && varve logs -f w | head -n 1
                """) == "got b")
        try box.succeed("varve rm -f w")
    }
}
