import Testbed
import Testing

/// Docker's flags for limits and devices, as they are typed.
@Suite("Flags for resources", .enabled(if: isRoot))
struct ResourceFlagTests {
    @Test("take decimals, numbers below nothing, and parents with and without a slash before them, as docker has it")
    func forms() throws {
        let box = try Box()
        for (flags, line) in [
            ("-m 1.5g", #""limit": 1610612736"#), ("-m 7.25MB", #""limit": 7602176"#),
            ("-m 8388608.9", #""limit": 8388608"#), ("-m 20m --memory-swap -1", #""swap": -1"#),
            ("--pids-limit -1", #""limit": -1"#), ("--cpu-quota -1", #""quota": -1"#),
            ("--oom-score-adj -5", #""oomScoreAdjustment": -5,"#), ("--stop-timeout -1", #""stopTimeout": -1,"#),
        ] {
            try box.succeed("varve create --name c \(flags) debian:12 true")
            #expect(try box.succeed("varve inspect c | grep -c '\(line)'") == "1", "\(flags)")
            try box.succeed("varve rm c")
        }
        for text in ["1.5.2g", ".5g", "1.g", "1.5x", "99999999999t"] {
            let result = try box.shell("varve create -m \(text) debian:12 true")
            #expect(result.errors.contains("read --memory: \(text): it takes a number"), "\(result.errors)")
        }
        for parent in ["varve-test-\(box.path.suffix(6))/batch", "/varve-test-\(box.path.suffix(6))/batch"] {
            try box.succeed("varve create --name c --cgroup-parent \(parent) debian:12 true; varve start -a c")
            let path = try box.succeed(
                "sed -n 's/.*\"cgroupsPath\":\"\\([^\"]*\\)\".*/\\1/p' r/containers/*/config.json")
            #expect(path.hasPrefix("/varve-test-\(box.path.suffix(6))/batch/"), "\(path)")
            try box.succeed("varve rm c")
        }
    }

    @Test("that can't be meant are named, with what they take")
    func wrong() throws {
        let box = try Box()
        let cases = [
            ("-m 1x", "read --memory: 1x: it takes a number with a unit: b, k, m or g, as in 512m"),
            ("-m 5m", "read --memory: 5m: a container needs 6m at least"),
            (
                "--memory-swap 10m",
                "read --memory-swap: 10m: it is of memory and swap together, and memory has no limit"
            ),
            (
                "-m 20m --memory-swap 10m",
                "read --memory-swap: 10m: it is less than --memory, which is a part of it"
            ),
            ("-m 20m --memory-reservation 30m", "read --memory-reservation: 31457280: it is more than --memory"),
            ("--memory-swappiness 101", "read --memory-swappiness: 101: it takes 0 to 100, or -1 for as usual"),
            ("--oom-score-adj=-1001", "read --oom-score-adj: -1001: it takes -1000 to 1000"),
            ("--cpu-shares 1", "read --cpu-shares: 1: it takes 2 to 262144"),
            ("--cpu-period 1", "read --cpu-period: 1: it takes 1000 to 1000000 microseconds"),
            ("--cpu-quota 1", "read --cpu-quota: 1: it takes 1000 microseconds and more, or -1 for no limit"),
            (
                "--cpus 1 --cpu-quota 5000",
                "read --cpus: 1: it says what --cpu-period and --cpu-quota say; give one or the other"
            ),
            ("--cpuset-cpus 0,,1", "read --cpuset-cpus: 0,,1: it takes numbers and ranges, as in 0-3,7"),
            ("--pids-limit=-2", "read --pids-limit: -2: it takes a number, or -1 for none"),
            ("--blkio-weight 5", "read --blkio-weight: 5: it takes 10 to 1000, or 0 for none"),
            (
                "--device-read-bps /dev/null",
                "read --device-read-bps: /dev/null: it takes /DEVICE:BYTES with a unit: b, k, m or g"
            ),
            ("--device-write-iops /dev/null:1k", "read --device-write-iops: /dev/null:1k: it takes /DEVICE:NUMBER"),
            ("--device-read-iops /dev/null:5", "limit disk: /dev/null: it is no block device"),
            ("--device-read-iops /dev/none:5", "limit disk: /dev/none: No such file or directory"),
            (
                "--device zero",
                "read --device: zero: it takes /HOST[:/CONTAINER][:ACCESS], where access is of r, w and m"
            ),
            (
                "--device /dev/zero:/dev/x:rx",
                "read --device: /dev/zero:/dev/x:rx: it takes /HOST[:/CONTAINER][:ACCESS], where access is of r, w and m"
            ),
            ("--device /dev/none", "add device: /dev/none: No such file or directory"),
            ("--device /etc/passwd", "add device: /etc/passwd: it is neither a device nor a directory"),
            ("--device-cgroup-rule 'c 1:3'", "read --device-cgroup-rule: c 1:3: it takes 'TYPE MAJOR:MINOR ACCESS'"),
            ("--cgroup-parent ../x", "read --cgroup-parent: ../x: it takes a path without '..', as in /team/batch"),
        ]
        for (flags, line) in cases {
            let result = try box.shell("varve run --rm \(flags) debian:12 true")
            #expect(result.errors.split(separator: "\n").first.map(String.init) == "varve: \(line)", "\(flags)")
            #expect(result.status == 125, "\(flags)")
        }
        #expect(try box.succeed("ls r/containers r/names") == "r/containers:\n\nr/names:")
    }

    @Test("limit what a container can take of the machine")
    func enforced() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --rm -m 16m debian:12 sh -c 'dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null; echo $?'
            137
            $ varve run --rm --pids-limit 3 debian:12 sh -c 'for n in 1 2 3 4 5; do sleep 1000 & done; echo all'
            ! sh: can't fork: Resource temporarily unavailable
            [2]
            $ varve run --rm --cpuset-cpus 0 debian:12 sh -c 'while read a b; do [ $a != Cpus_allowed_list: ] || echo $b; done </proc/self/status'
            0
            """)
    }

    @Test("give devices, for what is said, and no others")
    func devices() throws {
        let box = try Box()
        try box.succeed(
            "mknod own c 300 5; mkdir more; mknod more/null c 1 3; mknod base/made c 300 7; tar -C base -cf m.tar .; varve -q import m:1 m.tar"
        )
        try box.transcript(
            """
            $ varve run --rm --device "$BOX/own:/dev/mine:r" debian:12 sh -c 'cat /dev/mine; echo >/dev/mine'
            ! cat: can't open '/dev/mine': No such device or address
            ! sh: can't create /dev/mine: Operation not permitted
            [1]
            $ varve run --rm --device "$BOX/more:/dev/some" debian:12 sh -c 'echo x >/dev/some/null && ls /dev/some'
            null
            $ varve run --rm m:1 cat /made
            ! cat: can't open '/made': Operation not permitted
            [1]
            $ varve run --rm --device-cgroup-rule 'c 300:* r' m:1 cat /made
            ! cat: can't open '/made': No such device or address
            [1]
            $ varve run --rm --privileged m:1 cat /made
            ! cat: can't open '/made': No such device or address
            [1]
            """)
    }
}
