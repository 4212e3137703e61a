import Testbed
import Testing

/// What goes with a container's processes.
@Suite("Process options", .enabled(if: isRoot))
struct ProcessFlagTests {
    @Test("limits, groups, labels and variables from files reach the process")
    func all() throws {
        let box = try Box()
        try box.succeed(
            "printf '\\357\\273\\277# none\\n\\n  A=1\\nB=two words\\nHOME\\nUNSET_HERE\\nC=3\\r\\n' >env; echo x=1 >labels"
        )
        try box.transcript(
            """
            $ varve run --rm --ulimit nofile=100:200 --ulimit core=0 debian:12 sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
            100
            200
            0
            $ varve run --rm -u ann --group-add 77 --group-add audio debian:12 id
            uid=1000(ann) gid=1000(ann) groups=29(audio),77
            $ HOME=/mine varve run --rm --env-file env -e A=4 debian:12 sh -c 'echo $A,$B,$HOME,$UNSET_HERE,$C'
            4,two words,/mine,,3
            $ varve run --name w -l a=b --label c --label-file labels debian:12 true
            $ varve volume ls -q; varve run --rm --platform linux/amd64 debian:12 true
            $ varve run --rm --platform linux/s390x debian:12 true
            ! varve: choose platform: debian:12: it is for linux/amd64, not for linux/s390x
            [125]
            """)
        let labels = try box.succeed("grep -o '\"labels\":{[^}]*}' r/containers/*/container.json")
        #expect(labels == #""labels":{"a":"b","c":"","x":"1"}"#)
    }

    @Test("values may begin with a minus sign, or follow a letter at once")
    func words() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --rm --pids-limit -1 -m 64m --memory-swap -1 --stop-timeout -1 debian:12 true
            $ varve run --rm -uann -w/tmp debian:12 sh -c 'id -un; pwd'
            ann
            /tmp
            $ varve run -dite A=1 --name w debian:12 sh | wc -c
            65
            $ varve exec -iu ann w id -un
            ann
            $ varve kill -sKILL w; varve restart -t -1 w; varve stop -t0 w
            w
            w
            w
            """)
    }

    @Test("any user may take any port in a network of the container's own, unless it is said otherwise")
    func ports() throws {
        let box = try Box()
        let read =
            "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range | sed 's/\\t2147483647/ to all/'"
        try box.transcript(
            """
            $ varve run --rm debian:12 \(read)
            0
            0 to all
            $ varve run --rm --sysctl net.ipv4.ip_unprivileged_port_start=99 debian:12 \(read) | head -n 1
            99
            $ varve run --rm --userns auto debian:12 \(read) | head -n 1
            0
            """)
        let own = try box.succeed(read)
        #expect(try box.succeed("varve run --rm --network host debian:12 \(read)") == own)
    }

    @Test(
        "a wrong value is named with what is accepted",
        arguments: [
            (
                "--ulimit nofile",
                "read --ulimit: nofile: it takes NAME=SOFT[:HARD], the soft limit not above the hard one"
            ),
            (
                "--ulimit files=1",
                "read --ulimit: files=1: it takes NAME=SOFT[:HARD], the soft limit not above the hard one"
            ),
            (
                "--ulimit nofile=2:1",
                "read --ulimit: nofile=2:1: it takes NAME=SOFT[:HARD], the soft limit not above the hard one"
            ),
            ("--sysctl x", "read --sysctl: x: it takes NAME=VALUE, as in net.ipv4.ip_forward=1"),
            ("--label =x", "read --label: =x: it has no name"),
            ("--group-add nosuch", "find group: nosuch: no such group in the container's /etc/group"),
            ("--env-file nosuch", "read --env-file: nosuch: No such file or directory"),
            ("--env-file bad", "read --env-file: bad: line 2: 'a b' is no name"),
            ("--env-file binary", "read --env-file: binary: line 1 is not UTF-8"),
            ("--platform much/too/many/words", "read platform: much/too/many/words: "),
        ])
    func refused(flags: String, message: String) throws {
        let box = try Box()
        try box.succeed("printf 'a=1\\na b=2\\n' >bad; printf 'a=\\377\\n' >binary")
        let result = try box.shell("varve run --rm \(flags) debian:12 true")
        #expect(result.status == 125 && result.text.isEmpty, "\(flags)")
        #expect(result.errors.hasPrefix("varve: \(message)"), "\(flags): \(result.errors)")
    }
}
