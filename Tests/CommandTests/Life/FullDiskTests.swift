import Testbed
import Testing

/// A disk without room, which is a small one of the test's own.
@Suite("A full disk", .enabled(if: isRoot))
struct FullDiskTests {
    private func box() throws -> Box {
        let box = try Box(imported: false)
        try box.succeed("mkdir r; mount -t tmpfs -o size=24m tmpfs r; varve -q import debian:12 base.tar")
        return box
    }

    /// Takes all room that is left, with as small pieces as there are.
    private static let fill = "cat /dev/zero >r/fill 2>/dev/null; [ -s r/fill ] || exit 1"

    /// Waits until the varve that the only container's supervisor has become waits before it tries again, or has given up.
    private static let waitForTry = """
        until grep -q hrtimer_nanosleep /proc/$keeper/wchan \\
            && tr '\\0' ' ' </proc/$keeper/cmdline | grep -q 'supervise end'
        do kill -0 $keeper || exit 1; done
        """

    @Test(
        "an end that finds no room goes on record once there is some, is told of, and is followed by the start that was due"
    )
    func end() throws {
        let box = try box()
        defer { _ = try? box.shell("varve rm -f w; umount -l r") }
        try box.succeed(
            "mkfifo go; varve run -d --restart always -v $PWD/go:/go --name w debian:12 sh -c 'read x </go; exit 7'")
        try box.succeed(
            """
            keeper=$(sed 's/.*"keeper":\\([0-9]*\\).*/\\1/' r/containers/*/state.json)
            \(Self.fill)
            echo >go
            \(Self.waitForTry)
            rm r/fill
            """)
        // The second run reads too.
        try box.succeed(
            "timeout 300 sh -c 'echo >go; until varve logs w 2>&1 | grep -q \"the end of run 1 could not\"; do sleep 0.1; done'"
        )
        let told = try box.succeed("varve logs w 2>&1 | head -n 1")
        #expect(
            told.contains(
                /^varve: the end of run 1 could not be put on record for .* attempts?: .*no space left/.ignoresCase()),
            "\(told)")
        try box.succeed("varve ps -a | grep -e ' up ' -e restarting")
    }

    @Test("what has filled it can be ended and removed, and goes with its command where it is to")
    func removal() throws {
        let box = try box()
        defer { _ = try? box.shell("varve rm -f u w; umount -l r") }
        try box.succeed(
            """
            varve run -d --restart always --name u debian:12 sleep 1000
            varve run -d --rm --name v debian:12 sleep 1000
            varve run -d --restart always --name w debian:12 sleep 1000
            \(Self.fill)
            varve kill v
            varve stop -t 0 u || true
            varve rm -f w
            """)
        #expect(try box.succeed("varve ps -a | grep -o -e 'u  *[0-9a-f]* .* exited (137)' | cut -c 1") == "u")
        #expect(try box.succeed("ls r/names") == "u")
    }

    @Test("the log goes on as soon as there is room for a file of it")
    func log() throws {
        let box = try box()
        defer { _ = try? box.shell("varve rm -f w; umount -l r") }
        let script = #"exec 3<>/go; while read -r line <&3; do echo "$line"; done"#
        try box.succeed(
            """
            mkfifo go
            varve run -d --log-opt max-size=1k --log-opt max-file=2 -v $PWD/go:/go --name w debian:12 sh -c '\(script)'
            { head -c 1100 /dev/zero | tr '\\0' x; echo; } >go
            cd r/containers/*/; until grep -q xxx log; do :; done
            # The next entry goes to a new file, for which there is no inode.
            mount -o remount,nr_inodes=$(df --output=iused . | tail -n 1 | tr -d ' ') $BOX/r
            echo lost >$BOX/go; while [ -e log ]; do :; done
            # By the time that its supervisor waits again it has not got one.
            until grep -q poll /proc/$(sed 's/.*"keeper":\\([0-9]*\\).*/\\1/' state.json)/wchan; do :; done
            mount -o remount,nr_inodes=100000 $BOX/r
            echo found >$BOX/go
            timeout 60 sh -c 'until grep -q found log 2>/dev/null; do :; done'
            """)
        #expect(try box.succeed("varve logs w | cut -c 1-5") == "xxxxx\nfound")
    }
}
