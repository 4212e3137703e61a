import Testbed
import Testing

@Suite("What a container gets of its caller", .enabled(if: isRoot))
struct IsolationTests {
    @Test(
        "no file of the host takes the place of a closed stream",
        arguments: [("<&-", [0]), (">&-", [1]), ("2>&-", [2]), ("<&- >&- 2>&-", [0, 1, 2])])
    func closedStreams(redirection: String, closed: [Int]) throws {
        let box = try Box()
        let script = "exec 3>/mnt/streams; for n in 0 1 2; do at=$(readlink /proc/$$/fd/$n); echo $at >&3; done"
        try box.succeed("mkdir out; varve run -i --rm -v $PWD/out:/mnt debian:12 sh -c '\(script)' \(redirection)")
        let streams = try box.succeed("cat out/streams").split(separator: "\n")
        try #require(streams.count == 3)
        for stream in closed { #expect(streams[stream] == "/dev/null", "\(streams)") }
    }

    @Test("a user who is not root has no capabilities, and can't execute what is root's alone")
    func capabilities() throws {
        let box = try Box()
        let mine = try box.succeed(
            "varve run --rm -u 1000 debian:12 /bin/busybox sed -n s/CapEff:.//p /proc/self/status")
        #expect(mine == "0000000000000000")
        try box.succeed("varve run --name w debian:12 sh -c 'mkdir -m 700 /secret; cp /bin/busybox /secret/sh'")
        try box.succeed("varve commit w -m secret")
        #expect(try box.shell("varve run --rm -u 1000 debian:12 /secret/sh -c true").status == 126)
    }

    #if arch(x86_64)
        @Test(
            "an image that has /proc/self/exe executed, with a loader of its own, does not get at the host's program",
            arguments: ["/proc/self/exe", "/bin/script", "/evil/link"])
        func ownProgram(command: String) throws {
            let box = try Box()
            // Stands where the host's program looks for its loader: it tells which program it is loaded for, and whether
            // it could write to it.
            try box.succeed(
                """
                cat >loader.c <<'END'
                static long call(long n, long a, long b, long c) {
                    __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
                    return n;
                }
                void _start(void) {
                    char exe[] = "/proc/self/exe", text[256];
                    call(1, 1, (long)text, call(89, (long)exe, (long)text, sizeof text));
                    char writable[] = " held";
                    if (call(2, (long)exe, 0, 0) >= 0) call(1, 1, (long)writable, sizeof writable - 1);
                    call(231, 0, 0, 0);
                }
                END
                \(try Program.compiler) -O1 -nostdlib -static -fno-stack-protector -o loader loader.c
                mkdir -p base/lib64 base/evil
                cp loader base/lib64/ld-linux-x86-64.so.2
                ln -s /proc/self/exe base/evil/link
                printf '#!/proc/self/exe\n' >base/bin/script
                chmod +x base/bin/script
                tar -C base -cf base.tar .
                varve -q import debian:12 base.tar
                """)
            let result = try box.shell("varve run --rm debian:12 \(command)")
            #expect(result.text == "" && result.status == 126, "it got hold of \(result.text)")
        }
    #endif

    @Test("the caller's session keyring stays with the caller")
    func keyring() throws {
        let box = try Box()
        // A key that only who has it in a keyring may see; the file shows what its reader may see.
        let seen = try box.succeed(
            """
            python3 - <<'END'
            import ctypes, os, platform
            add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
            call = ctypes.CDLL(None, use_errno=True).syscall
            assert call(keyctl, 1, None) >= 0
            key = call(add_key, b"user", b"varve-secret", b"x", 1, ctypes.c_int(-3))
            assert key >= 0 and call(keyctl, 5, key, 0x3f000000) == 0
            print("varve-secret" in open("/proc/keys").read(), flush=True)
            os.execvp("varve", ["varve", "run", "--rm", "-v", "/proc/keys:/keys", "debian:12", "cat", "/keys"])
            END
            """)
        #expect(seen.hasPrefix("True\n") && !seen.contains("varve-secret"), "\(seen)")
    }

    @Test("no volume lies over its root, and words that are not UTF-8 are refused")
    func refusals() throws {
        let box = try Box()
        try box.transcript(
            """
            $ varve run --rm -v /tmp:/ debian:12 true
            ! varve: mount volume: /: the container's root is its own
            [125]
            """)
        let result = try box.shell("varve run --rm debian:12 printf %s $(printf '\\377')")
        #expect(result.status == 125 && result.errors.hasSuffix("is not UTF-8\n"), "\(result.errors)")
    }
}
