import Glibc
import Linux
import Testbed
import Testing

@Suite("varve oci", .enabled(if: isRoot))
struct OCITests {
    @Test("has help with an example for each command, and each example works")
    func help() throws {
        let oci = try OCIBox()
        let commands = [
            "create", "start", "state", "kill", "delete", "run", "exec", "list", "pause", "resume", "ps", "events",
            "update",
            "spec", "features",
        ]
        let listed = try oci.box.succeed("varve oci --help")
        for command in commands {
            let help = try oci.box.succeed("varve oci \(command) --help")
            #expect(try oci.box.succeed("varve help oci \(command)") == help, "\(command)")
            #expect(listed.contains("  \(command) "), "\(command) is not listed")
            let example = help.split(separator: "\n").map { $0.drop { $0 == " " } }
                .first { $0.hasPrefix("varve oci \(command)") }.map { $0.dropFirst(9) }
            try oci.succeed("oci delete --force web; rm -f b/rootfs/up; ln -sfn b bundle")
            switch command {
            case "create", "run", "list", "features": break
            case "spec": try oci.succeed("mv b/config.json kept.json")
            case "start": try oci.succeed("create web")
            default: try oci.succeed("create web; oci start web")
            }
            if command == "resume" { try oci.succeed("oci pause web") }
            if command == "run" { try oci.succeed("program 'echo hello'") }
            // The container keeps the streams of who creates it.
            let result = try oci.shell("oci\(example ?? " none") </dev/null >>out 2>err || { cat err >&2; false; }")
            #expect(result.status == 0, "\(command): \(result.errors)")
            if command == "spec" { try oci.succeed("mv kept.json b/config.json") }
            if command == "run" { try oci.succeed("program 'echo up >/up; read line </hold'") }
        }
    }

    @Test("answers by the name varve-oci without the word oci")
    func byName() throws {
        let oci = try OCIBox()
        try oci.succeed("ln -s \"$(command -v varve)\" varve-oci")
        #expect(try oci.succeed("./varve-oci --root s list -q") == "")
        #expect(try oci.succeed("./varve-oci --version").contains("spec: 1.2"))
        #expect(
            try oci.shell("./varve-oci --root s state none").errors
                == "varve: find container: none: container does not exist\n")
    }

    @Test(
        "refuses by name what it does not do",
        arguments: [
            ("--systemd-cgroup list", "--systemd-cgroup"), ("exec --cgroup x web true", "--cgroup"),
            ("checkpoint web", "checkpoint"), ("update --l3-cache-schema x web", "--l3-cache-schema"),
            ("kill web NOSUCH", "NOSUCH"), ("--log-format xml list", "xml"), ("run --rm web", "--rm"),
            ("create --preserve-fds=-1 web", "-1"), ("exec --user ann web true", "ann"),
            ("events --interval 0 web", "0"),
        ])
    func refused(words: String, named: String) throws {
        let oci = try OCIBox()
        let result = try oci.shell("oci \(words)")
        #expect(result.status == (words.hasPrefix("exec") ? 255 : 1))
        #expect(result.errors.contains(named), "\(result.errors)")
    }

    @Test("hands the terminal's outer side to the console socket")
    func consoleSocket() throws {
        let oci = try OCIBox()
        try oci.succeed(
            """
            config "config['process']['terminal'] = True"
            program 'tty; stty size; read line; echo got $line'
            cat >listen.py <<'END'
            import os, socket, subprocess, sys
            server = socket.socket(socket.AF_UNIX); server.bind("console"); server.listen()
            subprocess.run(["sh", "-c", ". ./oci.sh; oci create --bundle b --console-socket console web && oci start web"],
                           stdin=subprocess.DEVNULL, check=True)
            message, descriptors, _, _ = socket.recv_fds(server.accept()[0], 100, 4)
            assert message and len(descriptors) == 1, (message, descriptors)
            os.write(descriptors[0], b"word\\n")
            text = b""
            while b"got word" not in text: text += os.read(descriptors[0], 1000)
            print(text.decode())
            END
            """)
        let shown = try oci.succeed("python3 listen.py")
        #expect(shown.contains("/dev/pts/0") || shown.contains("/dev/console"), "\(shown)")
        try oci.succeed("await web stopped; oci delete web")
    }

    @Test("hands over descriptors from 3 on, and those that systemd passed on")
    func descriptors() throws {
        let oci = try OCIBox()
        try oci.succeed("program 'cat <&3; cat <&4; echo $LISTEN_FDS $LISTEN_PID'; echo three >3; echo four >4")
        #expect(
            try oci.succeed("LISTEN_FDS=1 oci run --bundle b --preserve-fds 1 web 3<3 4<4") == "three\nfour\n1 1")
        let result = try oci.shell("oci run --bundle b --preserve-fds 5 web 3<3")
        #expect(result.status == 1 && result.errors.contains("pass descriptors: "), "\(result.errors)")
    }

    @Test("takes what was left away when create is killed at its hook")
    func killedCreate() throws {
        let oci = try OCIBox()
        try oci.succeed(
            """
            mkfifo reached
            config "config['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo \\$\\$ >$BOX/reached; exec sleep 1000']}]}"
            varve oci --root "$BOX/s" create --bundle b web </dev/null >out 2>&1 & pid=$!
            read hook <reached
            [ "$(status web)" = creating ]
            inner=$(oci state web | sed -n 's/.*"pid": \\(.*\\),/\\1/p')
            kill -9 $pid; wait $pid || true
            await web stopped
            kill $hook
            ! oci start web
            oci delete web
            ! test -d /proc/$inner
            [ -z "$(oci list -q)" ]
            """)
    }

    @Test("leaves nothing of a container that it runs and can't attend to any more")
    func unattended() throws {
        let oci = try OCIBox()
        let text = try oci.succeed(
            """
            config "config['process']['terminal'] = True"
            # What is typed can't be read from a directory.
            oci run --bundle b web <b >out 2>err || echo $?
            cat err; oci list -q; ls -A s | grep -v : || true
            oci run --keep --bundle b web <b >out 2>err || status web
            """)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3 && lines.first == "1" && lines.last == "stopped", "\(text)")
        #expect(lines.dropFirst().first?.hasPrefix("varve: supervise container: ") == true, "\(text)")
    }

    @Test("knows the process of a container that is in another's pid namespace")
    func joinedProcesses() throws {
        let oci = try OCIBox()
        let text = try oci.succeed(
            """
            pid() { oci state $1 | sed -n 's/.*"pid": \\(.*\\),/\\1/p'; }
            create first; oci start first
            cp b/config.json kept.json
            config "
            for space in config['linux']['namespaces']:
                if space['type'] == 'pid': space['path'] = '/proc/$(pid first)/ns/pid'"
            create second; status second
            [ "$(readlink /proc/$(pid second)/ns/pid)" = "$(readlink /proc/$(pid first)/ns/pid)" ] && echo joined
            oci start second; status second
            oci exec second true && echo entered
            oci kill second KILL; await second stopped; oci delete second; status first
            """)
        #expect(text == "created\njoined\nrunning\nentered\nrunning")
    }

    @Test("lets only one of two that delete or start at once do so")
    func twoAtOnce() throws {
        let oci = try OCIBox()
        try oci.succeed("create web")
        let starts = try oci.succeed("for n in 1 2 3 4; do (oci start web 2>/dev/null; echo $?) & done; wait").split(
            separator: "\n")
        #expect(starts.filter { $0 == "0" }.count == 1, "\(starts)")
        let deletes = try oci.succeed(
            "for n in 1 2 3 4; do (oci delete --force web 2>/dev/null; echo $?) & done; wait")
        #expect(Set(deletes.split(separator: "\n")) == ["0"], "\(deletes)")
        #expect(try oci.succeed("ls -A s | grep -v : || true") == "")
    }

    @Test("sees that a container has stopped though another process has its number")
    func reusedNumber() throws {
        let oci = try OCIBox()
        try oci.succeed(
            """
            program true; create web; oci start web; await web stopped
            sleep 1000 & pid=$!
            sed -i "s/\\"pid\\":[0-9]*/\\"pid\\":$pid/" s/web/state.json
            [ "$(status web)" = stopped ]
            ! oci kill web KILL
            oci delete --force web
            kill -0 $pid; kill $pid
            """)
    }
}
