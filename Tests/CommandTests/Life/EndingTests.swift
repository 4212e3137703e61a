import Glibc
import Linux
import Testbed
import Testing

/// What `stop` and `kill` do to those who watch a container, and to one that is to be started again.
@Suite("Ending", .enabled(if: isRoot))
struct EndingTests {
    private static let keeper = #"keeper=$(sed 's/.*"keeper":\([0-9]*\).*/\1/' r/containers/*/state.json)"#

    @Test("who watches a container is waited for while it cleans up, however long that takes")
    func cleaningUp() throws {
        let box = try Box()
        try box.succeed("varve run -d --rm -v /own --name w debian:12 sleep 1000")
        // Nothing that has volumes of its own is removed without this.
        try box.succeed("mkdir -p r/volumes")
        let lock = try FileLock.acquire("\(box.root)/volumes/.lock")
        // A wait without end is one by poll(2) whose third argument is -1.
        let found = try box.succeed(
            """
            \(Self.keeper)
            varve stop -t 0 w >stopped & echo $! >stop
            until ! kill -0 $keeper 2>/dev/null || grep -q '^[0-9]* [^ ]* [^ ]* 0xf*fffffff ' /proc/$(cat stop)/syscall; do :; done
            kill -0 $keeper && echo "it is alive"
            """)
        #expect(found == "it is alive")
        _ = consume lock
        try box.succeed("while [ -e /proc/$(cat stop) ]; do :; done")
        #expect(try box.succeed("cat stopped; ls r/containers r/names") == "w\nr/containers:\n\nr/names:")
    }

    @Test("one that can't be removed keeps no other from being removed")
    func removedBeside() throws {
        let box = try Box()
        try box.succeed("varve create --name a debian:12 true; varve create --name c debian:12 true")
        try box.succeed("varve run -d --name b debian:12 sleep 1000")
        try box.transcript(
            """
            $ varve rm a b c
            ! removed a
            ! varve: use container: b: it is running
            ! hint: varve stop b
            ! removed c
            [3]
            """)
    }

    @Test(
        "a kill of one that waits to be started again ends that, and a signal that does not ask for the end is refused")
    func restarting() throws {
        let box = try Box()
        // It waits for as long as who watches it stands still.
        try box.succeed(
            """
            varve run -d --restart always --name w debian:12 false
            \(Self.keeper); echo $keeper >keeper
            until kill -STOP $keeper && grep -q '"restarting"' r/containers/*/state.json \
                && tr '\\0' ' ' </proc/$keeper/cmdline | grep -q '^varve-supervisor pause'
            do kill -CONT $keeper; done
            """)
        try box.transcript(
            """
            $ varve kill -s HUP w
            ! varve: kill: w: it is restarting, so there is no process to take the signal
            [3]
            $ grep -o '"stopAsked":[a-z]*' r/containers/*/state.json
            "stopAsked":false
            $ varve kill w & until grep -q '"stopAsked":true' r/containers/*/state.json; do :; done; kill -CONT $(cat keeper); wait
            w
            $ varve ps -a --filter name=w | grep -o 'exited ([0-9]*)'
            exited (1)
            $ varve kill w
            ! varve: use container: w: it is not running
            [3]
            """)
        try box.succeed("varve rm w")
    }
}
