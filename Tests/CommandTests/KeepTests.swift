import Testbed
import Testing

/// Keeping house.
@Suite("Keeping house", .enabled(if: isRoot))
struct KeepTests {
    @Test("gc tells what it frees, and what it would")
    func collection() throws {
        let box = try Box()
        // How many objects there are depends on which directories were made within one tick of the clock.
        try box.succeed("echo 4 >base/four; varve -q import debian:12 base; varve -q rollback debian:12; sleep 1")
        try box.transcript(
            """
            $ varve gc
            freed: 0 B
            $ varve gc -n --expire now | sed -e 's/, .*//' -e 's/free: .*/free: SIZE/' -e 's/objects: [1-9].*/objects: N/'
            objects: N
            operations forgotten: 3
            would free: SIZE
            $ varve gc --expire soon
            ! varve: read --expire: soon: it is no date
            ! hint: write '2026-11-01', 'AGO' or 'now'
            [2]
            $ varve -q gc --expire now --json | tr -d ' \\n' | sed -e 's/"bytes":[0-9]*/BYTES/g' -e 's/"count":[1-9][0-9]*/"count":N/'
            {"objects":{"count":N,BYTES},"bodies":{"count":0,BYTES},"blobs":{"count":0,BYTES},"images":{"count":0,BYTES},"checkouts":{"count":0,BYTES},"garbage":{"count":0,BYTES},"operations":3,BYTES,"dryRun":false}
            $ varve op log
            $ varve undo
            ! varve: undo: nothing is left to take back
            [1]
            $ varve fsck -q
            """)
    }

    @Test("fsck names what is damaged, and exits with 1")
    func check() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve -q fsck
            $ cd r/pool && body=$(find [0-9a-f]* -type f) && chmod u+w $body && truncate -s 3 $body
            $ varve -q fsck
            debian:12: /bin/busybox and 1 more: body ID1: its content hashes to ID2
            [1]
            $ varve -q import debian:12 base.tar
            ID3
            $ varve -q fsck
            $ varve -q fsck --json | head -n 3
            {
              "problems": [],
              "checked": {
            """)
    }

    @Test("df adds up what there is")
    func usage() throws {
        let box = try Box()
        try box.succeed("varve -q run --name w debian:12 true")
        let table = try box.succeed("varve df | sed 's/  */ /g'")
        #expect(table.split(separator: "\n").count == 10)
        #expect(table.contains("\nbodies 1 "))
        #expect(table.contains("\ncontainers 1 "))
        let json = try box.succeed("varve df --json | tr -d ' \\n'")
        #expect(json.hasPrefix(#"{"objects":{"count":"#))
        #expect(json.contains(#""garbage":{"count":0,"bytes":0,"reclaimable":{"count":0,"bytes":0}}"#))
    }

    @Test("a command that writes keeps gc waiting")
    func waiting() throws {
        let box = try Box()
        try box.transcript(
            """
            $ mkfifo f; (varve -q import new:1 - <f >/dev/null 2>&1 &) ; exec 9>f; head -c 10240 base.tar >&9; while varve -q gc --no-wait >/dev/null 2>&1; do sleep 0.1; done; varve gc --no-wait
            ! varve: collect garbage: BOX/r: another command is writing
            [3]
            $ varve gc
            freed: 0 B
            """)
    }
}
