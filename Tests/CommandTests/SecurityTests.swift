import Testbed
import Testing

/// `run` with Docker's options for capabilities, system calls and what is hidden.
@Suite("Security options", .enabled(if: isRoot))
struct SecurityTests {
    private func status(_ box: Box, _ options: String, _ fields: String) throws -> String {
        try box.succeed(
            "varve run --rm \(options) debian:12 /bin/busybox sed -nE 's/^(\(fields)):.(.*)/\\1 \\2/p' /proc/self/status"
        )
    }

    @Test("give and take capabilities as Docker does, in all five sets")
    func capabilities() throws {
        let box = try Box()
        let cases = [
            ("", "00000000a80425fb"), ("--cap-drop CHOWN", "00000000a80425fa"),
            ("--cap-drop cap_chown", "00000000a80425fa"),
            ("--cap-add NET_ADMIN", "00000000a80435fb"), ("--cap-drop ALL", "0000000000000000"),
            ("--cap-drop all --cap-add CAP_KILL,chown", "0000000000000021"),
            ("--cap-add ALL --cap-drop SYS_ADMIN --cap-drop ALL", nil),
            ("--cap-drop CHOWN --cap-add CHOWN", "00000000a80425fb"),
        ]
        for (options, set) in cases {
            let sets = try status(box, options, "Cap...").split(separator: "\n").map(String.init)
            let set = set ?? String(sets[1].suffix(16))
            #expect(
                sets == [
                    "CapInh 0000000000000000", "CapPrm \(set)", "CapEff \(set)", "CapBnd \(set)",
                    "CapAmb 0000000000000000",
                ], "\(options)")
        }
        let all = try status(box, "--cap-add ALL --cap-drop SYS_ADMIN", "CapBnd")
        #expect(try status(box, "--privileged", "CapBnd") != all)
        #expect(
            try status(box, "-u 1000 --cap-add NET_ADMIN", "CapEff|CapBnd")
                == "CapEff 0000000000000000\nCapBnd 00000000a80435fb")
    }

    @Test("filter system calls unless told otherwise, and forbid new privileges only when told")
    func seccomp() throws {
        let box = try Box()
        try box.succeed(
            """
            echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", \
            "errnoRet": 28}]}' >own.json
            """)
        #expect(try status(box, "", "NoNewPrivs|Seccomp") == "NoNewPrivs 0\nSeccomp 2")
        #expect(try status(box, "--security-opt seccomp=unconfined", "NoNewPrivs|Seccomp") == "NoNewPrivs 0\nSeccomp 0")
        #expect(try status(box, "--privileged", "NoNewPrivs|Seccomp") == "NoNewPrivs 0\nSeccomp 0")
        #expect(try status(box, "--security-opt no-new-privileges", "NoNewPrivs|Seccomp") == "NoNewPrivs 1\nSeccomp 2")
        #expect(try status(box, "--security-opt no-new-privileges:false", "NoNewPrivs") == "NoNewPrivs 0")
        try box.transcript(
            """
            $ varve run --name w --security-opt seccomp=own.json debian:12 mkdir /x
            ! mkdir: can't create directory '/x': No space left on device
            [1]
            $ rm own.json; varve start -a w
            ! mkdir: can't create directory '/x': No space left on device
            [1]
            $ varve run --rm --privileged --security-opt seccomp=own.json debian:12 true
            ! varve: read --security-opt: seccomp=own.json: there is no such file
            [125]
            """)
    }

    #if arch(x86_64)
        @Test("let a set-user-ID program have its owner's rights, unless new privileges are forbidden")
        func setUserID() throws {
            let box = try Box()
            // Ends with 10 more than its effective user's number. busybox gives such rights up by itself.
            try box.succeed(
                """
                cat >suid.c <<'END'
                static long call(long n, long a) {
                    __asm__ volatile("syscall" : "+a"(n) : "D"(a) : "rcx", "r11", "memory");
                    return n;
                }
                void _start(void) { call(231, call(107, 0) + 10); }
                END
                \(try Program.compiler) -O1 -nostdlib -static -fno-stack-protector -o base/bin/suid suid.c
                chmod 4755 base/bin/suid
                tar --owner=0 --group=0 -C base -cf base.tar .
                varve -q import debian:12 base.tar
                """)
            #expect(try box.shell("varve run --rm -u 100 debian:12 suid").status == 10)
            #expect(
                try box.shell("varve run --rm -u 100 --security-opt no-new-privileges debian:12 suid").status == 110)
        }
    #endif

    @Test("hide and show paths of the kernel's")
    func paths() throws {
        let box = try Box()
        let masks =
            "varve run --rm OPTIONS debian:12 sh -c 'cat /proc/keys | head -c 1; echo; echo 1 >/proc/sys/kernel/ns_last_pid'"
        func run(_ options: String) throws -> CommandResult { try box.shell(masks.replacing("OPTIONS", with: options)) }
        let usual = try run("")
        #expect(usual.text == "\n" && usual.errors.contains("Read-only file system"))
        for options in ["--security-opt systempaths=unconfined", "--security-opt unmask=ALL", "--privileged"] {
            let open = try run(options)
            #expect(open.text != "\n" && !open.errors.contains("Read-only file system"), "\(options): \(open.errors)")
        }
        let part = try run("--security-opt unmask='/proc/k*'")
        #expect(part.text != "\n" && part.errors.contains("Read-only file system"))
        let more = try box.succeed(
            "varve run --rm --security-opt mask=/etc:/proc/meminfo debian:12 sh -c 'ls /etc; cat /proc/meminfo'")
        #expect(more.isEmpty)
    }

    @Test("give a privileged container the host's devices, and /sys to write to")
    func privileged() throws {
        let box = try Box()
        let script = """
            grep -cE "^[^ ]+ (/sys|/sys/fs/cgroup) [^ ]+ rw," /proc/mounts; mknod /tmp/n c 1 5; head -c 3 /tmp/n | wc -c
            test -e /dev/loop-control && echo loop
            """
        let result = try box.shell("varve run --rm --privileged debian:12 /bin/busybox sh -c '\(script)'")
        #expect(result.text.contains("3\nloop"), "\(result.text) \(result.errors)")
        #expect(!result.text.hasPrefix("0"))
    }

    @Test("that can't be had are refused, each by its value")
    func refusals() throws {
        let box = try Box()
        try box.succeed("echo '{' >broken.json; echo '{\"defaultAction\": \"SCMP_ACT_NOTIFY\"}' >notify.json")
        try box.transcript(
            """
            $ varve run --rm --cap-add SYS_NOTHING debian:12 true
            ! varve: set capabilities: SYS_NOTHING: no such capability
            [125]
            $ varve run --rm --cap-drop 5 debian:12 true
            ! varve: set capabilities: 5: no such capability
            [125]
            $ varve run --rm --cap-drop '' debian:12 true
            ! varve: set capabilities: no such capability
            [125]
            $ varve run --rm --security-opt no-new-privileges=maybe debian:12 true
            ! varve: read --security-opt: no-new-privileges=maybe: it takes 'true' or 'false'
            [125]
            $ varve run --rm --security-opt nosuch=1 debian:12 true
            ! varve: read --security-opt: nosuch=1: no such option
            ! hint: the options are no-new-privileges, seccomp, apparmor, label, systempaths, mask and unmask
            [125]
            $ varve run --rm --security-opt seccomp debian:12 true
            ! varve: read --security-opt: seccomp: it takes a value: seccomp=…
            [125]
            $ varve run --rm --security-opt seccomp=none.json debian:12 true
            ! varve: read --security-opt: seccomp=none.json: there is no such file
            [125]
            $ varve run --rm --security-opt seccomp=broken.json debian:12 true
            ! varve: read seccomp profile: broken.json: read JSON: byte 2: the text ends too early: a key in quotes should stand here
            [125]
            $ varve run --rm --security-opt seccomp=notify.json debian:12 true
            ! varve: compile seccomp filter: SCMP_ACT_NOTIFY: this runtime hands no system call to another process
            [125]
            $ varve run --rm --security-opt systempaths=1 debian:12 true
            ! varve: read --security-opt: systempaths=1: it takes 'unconfined'
            [125]
            $ varve run --rm --security-opt mask=etc debian:12 true
            ! varve: read --security-opt: mask=etc: etc is no absolute path without '..'
            [125]
            $ varve run --rm --security-opt label=nothing debian:12 true
            ! varve: read --security-opt: label=nothing: it takes 'disable', or user:, role:, type:, level: or filetype: and a name
            [125]
            $ varve run --rm --security-opt label=disable --security-opt apparmor=unconfined debian:12 true
            $ varve ps -a
            CONTAINER ID   NAME   BASE   REVISION   COMMAND   CREATED   STATUS
            """)
    }
}
