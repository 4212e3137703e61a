import Glibc
import Testbed
import Testing

/// `--userns`: who is who inside and outside.
@Suite("User namespaces", .enabled(if: isRoot))
struct UserNamespaceTests {
    private static let map = "cat /proc/self/uid_map /proc/self/gid_map"

    /// The ids of the host that a container's are, from the first on.
    private func range(_ lines: String) throws -> Range<Int> {
        let numbers = lines.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
        try #require(numbers.count == 2 && numbers[0] == numbers[1] && numbers[0].count == 3, "\(lines)")
        return numbers[0][1]..<numbers[0][1] + numbers[0][2]
    }

    @Test("of containers' own have no id in common, and are the same at every start")
    func ranges() throws {
        let box = try Box()
        let together = """
            for n in 1 2 3 4; do varve run --name c$n --userns auto:size=1000 debian:12 \(Self.map) >m$n & done; wait
            varve run --name c5 --userns auto debian:12 \(Self.map) >m5
            """
        try box.succeed(together)
        var all: [Range<Int>] = []
        for number in 1...5 {
            let map = try box.succeed("cat m\(number)")
            #expect(try box.succeed("varve start -a c\(number)") == map)
            all.append(try range(map))
        }
        for (index, one) in all.enumerated() {
            #expect(one.lowerBound >= 0x10000 && one.count == (index == 4 ? 65536 : 1000))
            for other in all[..<index] { #expect(!one.overlaps(other)) }
        }
        // Who is gone leaves room.
        try box.succeed("varve rm c1")
        let map = try box.succeed("varve run --rm --userns auto:size=1000 debian:12 \(Self.map)")
        #expect(try range(map) == all[0])
    }

    @Test("make root of the inside nobody on the host, and nobody of the host anybody inside")
    func root() throws {
        let box = try Box()
        let script =
            "id; cat /proc/self/status | head -0; kill -0 1 && echo own; ls -ln /proc/1/ns/user >/dev/null && echo seen"
        let inside = try box.succeed("varve run --rm --userns auto debian:12 sh -c '\(script)'")
        #expect(inside == "uid=0(root) gid=0(root)\nown\nseen")
        try box.succeed(
            "mkdir -m 700 secret; echo x >secret/x; mkfifo go; varve run -d --name w --userns auto debian:12 sleep 1000"
        )
        let pid = try box.succeed("varve ps --json | grep '\"pid\"' | tr -dc 0-9")
        let host = try box.succeed("grep ^Uid: /proc/\(pid)/status | cut -f2")
        #expect(Int(host) ?? 0 >= 0x10000)
        #expect(try box.succeed("varve exec -u 1000 w id -u") == "1000")
        try box.succeed("varve rm -f w")
    }

    /// What containers do to their files, and with fixed times.
    private static let changes = """
        echo new >/new; chown 1000:29 /new; chmod 4750 /new; chown -R 7:8 /usr; mv /etc/numbers /root/moved; rm /bin/ls
        ln /bin/plain /bin/again; mkdir -m 1777 /d; ln -s x /d/link; chmod 600 /etc/passwd; mkfifo /d/fifo
        rm -rf /tmp; mkdir /tmp; echo x >/tmp/y; chown 65535:65534 /tmp/y
        """

    @Test(
        "change nothing of what a container's files are to status, diff and commit", arguments: ["image", "directory"])
    func commits(checkout: String) throws {
        let box = try Box(imported: false)
        box.environment["VARVE_CHECKOUT"] = checkout
        try box.succeed(
            "cd base/bin; for n in ln mkfifo; do ln -s busybox $n; done; cd ../..; varve -q import debian:12 base")
        for (name, options) in [("plain", ""), ("own", "--userns auto")] {
            try box.succeed("varve run --name \(name) \(options) debian:12 sh -c '\(Self.changes)'")
        }
        #expect(try box.succeed("varve status own") == box.succeed("varve status plain"))
        #expect(try box.succeed("varve diff own") == box.succeed("varve diff plain"))
        try box.succeed("varve commit plain -m x -t debian:plain; varve commit own -m x -t debian:own")
        #expect(try box.succeed("varve diff --exit-code debian:plain debian:own").isEmpty)
        #expect(try box.succeed("varve status own").isEmpty)
        // Somebody else's ids see the same.
        let list = "for f in /new /usr /root/moved /d /d/link /tmp/y; do /bin/busybox stat -c '%n %u:%g %a' \\$f; done"
        let plain = try box.succeed("varve run --rm debian:plain sh -c \"\(list)\"")
        #expect(plain.contains("/new 1000:29 4750\n/usr 7:8 755\n") && plain.hasSuffix("/tmp/y 65535:65534 644"))
        for tag in ["plain", "own"] {
            #expect(try box.succeed("varve run --rm --userns 0:900000:65536 debian:\(tag) sh -c \"\(list)\"") == plain)
        }
        #expect(try box.succeed("varve start -a own; varve rm own plain; find r/containers -name 'upper*'").isEmpty)
    }

    @Test("show volumes by the ids of the inside, and keep these on the disk")
    func volumes() throws {
        let box = try Box()
        try box.succeed("mkdir -m 777 v; echo a >v/a; chown 1000:29 v/a")
        let script =
            "/bin/busybox stat -c %u:%g /v/a; touch /v/root /named/root; su -c 'touch /v/ann' ann 2>/dev/null || :"
        let inside = try box.succeed(
            "varve run --rm --userns auto -v $PWD/v:/v -v data:/named debian:12 sh -c \"\(script)\"; varve run --rm --userns auto -u 1000 -v $PWD/v:/v debian:12 touch /v/ann"
        )
        #expect(inside == "1000:29")
        #expect(
            try box.succeed(
                "stat -c %n:%u:%g v/root v/ann r/volumes/data/*/root 2>/dev/null || stat -c %n:%u:%g v/root v/ann"
            ).contains("v/root:0:0\nv/ann:1000:1000"))
    }

    @Test("let files be copied in and out by the ids of the inside, of containers that run and that don't")
    func copying() throws {
        let box = try Box()
        try box.succeed("echo x >file; chown 1000:29 file; varve run -d --name w --userns auto debian:12 sleep 1000")
        for state in ["running", "stopped"] {
            try box.succeed(
                "varve cp -q -a file w:/\(state); varve cp -q file w:/roots-\(state); varve cp -q -a w:/\(state) back-\(state)"
            )
            #expect(try box.succeed("stat -c %u:%g back-\(state)") == "1000:29")
            if state == "running" {
                #expect(
                    try box.succeed("varve exec w /bin/busybox stat -c %u:%g /running /roots-running") == "1000:29\n0:0"
                )
                try box.succeed("varve stop -t 0 w")
            }
        }
        #expect(try box.succeed("varve diff w") == "A /roots-running\nA /roots-stopped\nA /running\nA /stopped")
        try box.succeed("varve rm w")
    }

    @Test("with the same ids on both sides keep nobody out but from the host's namespaces")
    func sameIDs() throws {
        let box = try Box()
        let own = try box.succeed("readlink /proc/self/ns/user")
        let lines = try box.succeed(
            "varve run --rm --userns keep-id debian:12 sh -c \"\(Self.map); /bin/busybox readlink /proc/self/ns/user; touch /x; id -u\""
        )
        .split(separator: "\n").map(String.init)
        #expect(lines[0].split(separator: " ") == ["0", "0", "4294967295"] && lines[2] != own && lines.last == "0")
    }

    @Test("that can't be are refused, by what was asked for")
    func refusals() throws {
        let box = try Box()
        let hint = "! hint: it takes host, auto, auto:size=65536, keep-id, or 0:100000:65536\n[125]"
        let mistakes = [
            ("none", "no such namespace"), ("auto:size=0", "it is no size"), ("auto:uid=5", "it is no size"),
            ("1:5:10", "root is in none of the ranges"),
            ("0:5:10,5:100:10", "ranges overlap"), ("0:5:10,20:9:10", "ranges overlap"), ("0:5", "no such namespace"),
        ]
        for (value, reason) in mistakes {
            try box.transcript(
                "$ varve run --rm --userns \(value) debian:12 true\n! varve: read --userns: \(value): \(reason)\n\(hint)"
            )
        }
        try box.transcript(
            """
            $ varve run --rm --userns auto --privileged debian:12 true
            ! varve: read --userns: auto: a privileged container is in the host's
            ! hint: leave --privileged out
            [125]
            $ varve run --rm --userns auto --network host debian:12 true
            ! varve: make user namespace: --network host: a user namespace has no rights over the host's network
            [125]
            $ varve run --rm --userns auto:size=600000000 debian:12 true
            ! varve: make user namespace: 600000000 ids: so many are not free in a row; /etc/subuid and /etc/subgid say which are for 'containers'
            [125]
            $ varve ps -a
            CONTAINER ID   NAME   BASE   REVISION   COMMAND   CREATED   STATUS
            """)
    }
}
