import Testbed
import Testing

/// `kill -9` of varve and of the supervisor, at every stage.
@Suite("Killed while a container starts or ends", .enabled(if: isRoot))
struct KilledTests {
    /// What may stand after a kill: every container that is said to run does, and all can be removed.
    private static let check = """
        varve ps -a >/dev/null || exit 1
        for name in $(varve ps | sed 1d | awk '{ print $2 }'); do
            pid=$(sed -n 's/.*"running","pid":\\([0-9]*\\).*/\\1/p' r/containers/$(readlink r/names/$name)/state.json)
            # It has ended meanwhile, and that is on record.
            [ -n "$pid" ] || continue
            kill -0 $pid || { echo "$name does not run"; exit 1; }
        done
        all=$(ls r/names)
        [ -z "$all" ] || varve rm -f $all || exit 1
        # A directory without a name is what a collection removes.
        [ -z "$(ls r/names)" ] || exit 1
        wait
        varve run --rm debian:12 true
        """

    /// strace kills whichever process of the start makes this call for the time that is given: the one that was called, the one
    /// that starts the container and becomes its supervisor, or the container's first.
    @Test(
        "a start leaves a container that runs, or one that does not, and never one that is said to",
        arguments: [1, 2, 3, 5, 8, 13])
    func start(turn: Int) throws {
        let box = try Box()
        for call in ["openat2", "renameat2,fcntl", "execveat,clone3,clone", "write,move_mount"] {
            let result = try box.shell(
                """
                strace -f -qq -o /dev/null -e trace=\(call) -e inject=\(call):signal=KILL:when=\(turn * 2) \
                    varve run -d --name w debian:12 sleep 1000 >/dev/null 2>&1 & strace=$!
                # It stays with what still runs, so what is waited for is the command: its only child of its own.
                until [ -n "$(ps --ppid $strace -o pid=)" ] || ! kill -0 $strace 2>/dev/null; do :; done
                while [ -n "$(ps --ppid $strace -o pid=)" ]; do sleep 0.05; done
                \(Self.check)
                """)
            #expect(result.status == 0, "\(call) \(turn): \(result.text) \(result.errors)")
        }
    }

    /// The supervisor and the varve that it becomes are killed, from the container's end on.
    @Test("an end is known to be one, with its exit code once that was noted", arguments: [1, 2, 3, 5, 8])
    func end(turn: Int) throws {
        let box = try Box()
        for (number, call) in ["pwrite64", "openat2", "renameat2,unlinkat", "execveat,fcntl"].enumerated() {
            try box.succeed("mkfifo go-\(number)")
            let result = try box.shell(
                """
                varve run -d --restart on-failure:1 -v $PWD/go-\(number):/go --name w debian:12 sh -c 'read x </go; exit 7' >/dev/null
                keeper=$(sed 's/.*"keeper":\\([0-9]*\\).*/\\1/' r/containers/*/state.json)
                strace -f -qq -o /dev/null -p $keeper -e trace=\(call) -e inject=\(call):signal=KILL:when=\(turn) &
                # It may be killed at once: by a call that it makes as it begins to wait.
                while kill -0 $keeper 2>/dev/null && ! grep -q 'TracerPid:.[1-9]' /proc/$keeper/status; do :; done
                { echo; echo; } >go-\(number) &
                timeout 20 varve wait w >/dev/null
                kill $! 2>/dev/null
                varve rm -f w
                wait
                \(Self.check)
                """)
            #expect(result.status == 0, "\(call) \(turn): \(result.text) \(result.errors)")
        }
    }
}
