import Glibc
import Testbed
import Testing

/// What can be seen and changed of a running container.
@Suite("A running container", .enabled(if: isRoot))
struct RunningResourceTests {
    @Test("is paused, told so, and goes on; what can't be is refused")
    func pause() throws {
        let box = try Box()
        try box.succeed("varve run -d --name w debian:12 sh -c 'while :; do echo; sleep 0.01; done'")
        try box.transcript(
            """
            $ varve pause w
            w
            $ varve ps | grep -o 'up .*'
            up AGO (paused)
            $ varve ps --json | grep -o '"status": .*'
            "status": "paused",
            $ varve pause w
            ! varve: use container: w: it is paused
            ! hint: 'varve unpause w' lets it go on
            [3]
            $ varve top w -o pid,args | grep -o -m 1 while
            while
            $ varve unpause w
            w
            $ varve unpause w
            ! varve: unpause: w: it is not paused
            [3]
            $ varve pause nosuch
            ! varve: find container: nosuch: no container has this name or id
            [2]
            """)
        try box.succeed("varve pause w; varve stop -t 1 w; varve ps -a | grep -q exited; varve start w")
        #expect(try box.succeed("varve ps --json | grep -o '\"status\": .*'") == "\"status\": \"running\",")
        try box.succeed("varve pause w; varve rm -f w")
    }

    @Test("that is paused stays so over a commit, and is committed as it stands")
    func pausedCommit() throws {
        let box = try Box()
        try box.succeed("varve run -d --name w debian:12 sh -c 'echo one >/file; while :; do sleep 1; done'")
        try box.succeed(
            "while ! varve status w | grep -q /file; do :; done; varve pause w; varve -q commit w -m paused")
        #expect(try box.succeed("varve ps --json | grep -o '\"status\": .*'") == "\"status\": \"paused\",")
        #expect(try box.succeed("varve status w; varve cat debian:12:/file") == "one")
        try box.succeed("varve rm -f w")
    }

    @Test("has its limits changed, at once and for the next start")
    func update() throws {
        let box = try Box()
        let id = try box.succeed("varve run -d --name w debian:12 sleep 1000")
        let read = """
            for group in /sys/fs/cgroup/pids/varve/\(id) /sys/fs/cgroup/varve/\(id); do
                [ ! -e $group ] || cat $group/pids.max $group/cgroup.procs | head -n 2 | wc -w
                [ ! -e $group ] || cat $group/pids.max
            done
            """
        #expect(try box.succeed("varve update --pids-limit 33 w") == "w")
        #expect(try box.succeed(read) == "2\n33")
        try box.succeed("varve stop -t 0 w; varve start w")
        #expect(try box.succeed(read) == "2\n33")
        try box.transcript(
            """
            $ varve update w
            ! varve: update: name at least one limit, or --restart
            ! hint: varve update --help
            [2]
            $ varve update --memory-swap 1g w
            ! varve: read --memory-swap: 1g: it is of memory and swap together, and memory has no limit
            ! hint: give --memory too
            [2]
            """)
        try box.succeed("varve rm -f w")
    }

    @Test("has a late or too small limit of memory told of", .enabled(if: hasLegacyMemory))
    func lateMemory() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run -d --name free debian:12 sleep 1000 >id
            $ varve update --memory 20m --memory-swap 20m free
            free
            ! varve: warning: limit memory: free: what it holds already is not counted until it is started again: it was started without a limit
            $ varve update --memory 30m --memory-swap 30m free
            free
            """)
        try box.succeed(
            """
            varve run -d --name full --memory 200m debian:12 \\
                sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=50 2>/dev/null; echo full; sleep 1000'
            """)
        try box.succeed("varve logs -f full | grep -m 1 full")
        try box.refuses(
            "varve update --memory 10m --memory-swap 10m full", code: 125,
            """
            varve: limit memory: 10485760: Device or resource busy
            hint: its processes hold more than that already
            """)
        try box.succeed("varve rm -f free full")
    }

    private static var hasLegacyMemory: Bool { access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) == 0 }

    @Test("is told of by stats and top; one that does not run has nothing to tell")
    func figures() throws {
        let box = try Box()
        try box.succeed("varve run -d --name w -m 64m debian:12 sleep 1000; varve run --name v debian:12 true")
        let rows = try box.succeed("varve stats --no-stream").split(separator: "\n")
        #expect(rows.count == 2 && rows[0].hasPrefix("CONTAINER ID   NAME   CPU %"))
        #expect(rows.last?.contains("/ 64.0 MiB") == true)
        #expect(try box.succeed("varve stats --json w v | grep -c '\"running\": true'") == "1")
        #expect(try box.succeed("varve stats --no-stream v | tail -n 1").contains("-- / --"))
        #expect(try box.succeed("varve top w | tail -n 1").hasSuffix("sleep 1000"))
        try box.transcript(
            """
            $ varve top w -o pid,args | grep -c sleep
            1
            $ varve top w -o args
            ! varve: top: -o args: ps prints no column PID with these options
            [2]
            $ varve top v
            ! varve: use container: v: it is not running
            [3]
            """)
        try box.succeed("varve rm -f w v")
    }

    @Test("that was killed for want of memory says so")
    func outOfMemory() throws {
        let box = try Box()
        try box.succeed("varve run -d --name w -m 16m debian:12 dd if=/dev/zero of=/dev/null bs=100M count=1")
        #expect(try box.succeed("varve wait w") == "137")
        #expect(try box.succeed("grep -o '\"outOfMemory\":true' r/containers/*/state.json") == "\"outOfMemory\":true")
    }
}
