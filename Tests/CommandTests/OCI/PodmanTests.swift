import Testbed
import Testing

/// An engine that calls varve as its runtime.
@Suite("podman with varve-oci", .enabled(if: isRoot))
struct PodmanTests {
    /// A shell in which `pod` is podman with a store of its own.
    private static func box() throws -> Box {
        let box = try Box(imported: false)
        try box.succeed(
            #"""
            ln -s "$(command -v varve)" varve-oci
            cat >pod.sh <<'END'
            export SWIFT_BACKTRACE=enable=no
            group=varve-oci/podman-${BOX##*/}
            pod() { command podman --root "$BOX/store" --runroot "$BOX/run" --cgroup-manager cgroupfs --storage-driver vfs \
                --events-backend none --runtime "$BOX/varve-oci" "$@"; }
            # What a container may do is less on machines without CAP_SYS_RESOURCE than podman asks for.
            limits='--ulimit nofile=1000:1000 --ulimit nproc=9000:9000'
            inbox() { verb=$1; shift; pod $verb $limits --cgroup-parent $group --network none "$@"; }
            END
            """#)
        return box
    }

    /// Removes all that podman leaves: containers, and the groups that it makes for them.
    private static func finish(_ box: Box) throws {
        try box.succeed(
            """
            . ./pod.sh; pod rm -a -f -t 0 >/dev/null
            # What watched a container ends a moment after it.
            export group; timeout 60 sh -c 'while find /sys/fs/cgroup -depth -path "*/$group*" -type d | grep -q .; do
                find /sys/fs/cgroup -depth -path "*/$group*" -type d -exec rmdir {} + 2>/dev/null
            done'
            """)
    }

    private func play(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let box = try Self.box()
        let result = try box.shell(". ./pod.sh\n\(script)")
        try Self.finish(box)
        #expect(result.status == 0, "\(result.text)\n\(result.errors)", sourceLocation: sourceLocation)
        return result.text
    }

    @Test("runs in the foreground, with input, environment, user, directory and volume")
    func foreground() throws {
        let text = try play(
            """
            mkdir data; echo volume >data/file
            echo input | inbox run --rm -i -e A=b -u 1000:1000 -w /tmp -v "$BOX/data:/data:ro" --rootfs "$BOX/base" sh -c \
                'cat; echo $A; id -u; pwd; cat /data/file; touch /data/x 2>/dev/null || echo read-only'
            """)
        #expect(text == "input\nb\n1000\n/tmp\nvolume\nread-only\n")
    }

    @Test("exits as the command, and with 126 and 127 where there is none to run")
    func exitCodes() throws {
        let text = try play(
            """
            for words in 'sh -c exit\\ 7' /etc /bin/plain nope /nope; do
                eval "inbox run --rm --rootfs "$BOX/base" $words" 2>/dev/null; echo $?
            done
            inbox run --name c -d --rootfs "$BOX/base" sleep 1000 >/dev/null
            for words in 'sh -c exit\\ 8' /bin/plain nope; do eval "pod exec c $words" 2>/dev/null; echo $?; done
            """)
        #expect(text == "7\n126\n126\n127\n127\n8\n126\n127\n")
    }

    @Test("runs detached, enters, pauses, shows the log, stops and removes")
    func detached() throws {
        let text = try play(
            """
            set -e
            inbox run -d --name c --rootfs "$BOX/base" sh -c 'echo started; trap "echo stopped; exit 5" TERM; while :; do sleep 0.01; done' >/dev/null
            pod exec c sh -c 'echo entered; id -u'
            pod exec -u 12 -e A=b c sh -c 'id -u; echo $A'
            pod pause c >/dev/null; pod inspect -f '{{.State.Status}}' c; ! pod exec c true 2>/dev/null
            pod unpause c >/dev/null; pod inspect -f '{{.State.Status}}' c
            until pod logs c | grep -q started; do :; done
            pod stop -t 10 c >/dev/null; pod inspect -f '{{.State.Status}} {{.State.ExitCode}}' c; pod logs c
            pod start c >/dev/null; pod inspect -f '{{.State.Status}}' c
            pod rm -f -t 0 c >/dev/null; pod ps -a -q
            """)
        #expect(
            text == """
                entered
                0
                12
                b
                paused
                running
                exited 5
                started
                stopped
                running

                """)
    }

    @Test("gives a terminal to run and exec")
    func terminal() throws {
        let text = try play(
            """
            script -qec '. ./pod.sh; inbox run --rm -it --rootfs "$BOX/base" sh -c "tty >/tty.run"' /dev/null </dev/null >&2
            inbox run -d --name c --rootfs "$BOX/base" sleep 1000 >/dev/null
            script -qec '. ./pod.sh; pod exec -it c sh -c "tty >/tty.exec"' /dev/null </dev/null >&2
            cat base/tty.run base/tty.exec
            """)
        #expect(text == "/dev/pts/0\n/dev/pts/0\n")
    }

    @Test("limits memory and processes")
    func limits() throws {
        let text = try play(
            """
            inbox run -d --name c --memory 64m --pids-limit 20 --rootfs "$BOX/base" sleep 1000 >/dev/null
            pid=$(pod inspect -f '{{.State.Pid}}' c)
            for file in memory.limit_in_bytes memory.max pids.max; do
                name=${file%%.*}
                group=$(sed -n "s/^[0-9]*:$name://p; s/^0:://p" /proc/$pid/cgroup | head -1)
                cat "/sys/fs/cgroup/$name$group/$file" "/sys/fs/cgroup$group/$file" 2>/dev/null || :
            done
            """)
        #expect(text == "67108864\n20\n")
    }

    @Test("runs hooks")
    func hooks() throws {
        let text = try play(
            """
            mkdir hooks
            cat >hooks/a.json <<END
            {"version": "1.0.0", "when": {"always": true}, "stages": ["createRuntime", "poststop"],
             "hook": {"path": "/bin/sh", "args": ["sh", "-c", "cat >>$BOX/told; echo >>$BOX/told"]}}
            END
            pod --hooks-dir hooks run $limits --cgroup-parent $group --rm --network none --rootfs "$BOX/base" true
            python3 -c 'import json
            for line in open("told"): print(json.loads(line)["status"]) if line.strip() else None'
            """)
        #expect(text == "creating\nstopped\n" || text == "created\nstopped\n")
    }
}
