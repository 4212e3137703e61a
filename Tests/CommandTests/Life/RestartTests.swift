import Testbed
import Testing

/// What starts a container again.
@Suite("Restarting", .enabled(if: isRoot))
struct RestartTests {
    @Test("on-failure:N starts it N times again, with waits that double")
    func onFailure() throws {
        let box = try Box()
        try box.succeed("varve run -d --restart on-failure:3 --name w debian:12 sh -c 'echo run; exit 4'")
        #expect(try box.succeed("varve logs -f w") == "run\nrun\nrun\nrun")
        #expect(try box.succeed("varve wait w") == "4")
        #expect(try box.succeed(#"grep -o '"restarts":3,"delay":400' r/containers/*/state.json"#) != "")
        // A start by somebody counts anew, and success is no failure.
        try box.succeed("varve run -d --restart on-failure --name v debian:12 true; varve logs -f v; varve rm v")
    }

    @Test("a stop ends it for good, be it running or waiting", arguments: ["sleep 1000", "false"])
    func stop(command: String) throws {
        let box = try Box()
        try box.succeed("varve run -d --restart always --name w debian:12 \(command)")
        if command == "false" {
            try box.succeed("while ! varve ps -a | grep -q 'restarting (1)'; do :; done")
        }
        try box.succeed("varve stop -t 0 w")
        #expect(try box.succeed("varve ps | wc -l; ls /proc/*/comm | xargs grep -l zzz | wc -l") == "1\n0")
        #expect(try box.succeed("varve ps -a | grep -c exited") == "1")
        try box.succeed("varve rm w")
    }

    @Test("a kill by a signal that does not ask it to end is followed by a start")
    func killed() throws {
        let box = try Box()
        try box.succeed(
            """
            varve run -d --restart unless-stopped --name w debian:12 sh -c 'trap "exit 1" HUP; echo up; while :; do sleep 0.1; done'
            varve logs -f w | head -n 1
            varve kill -s HUP w
            """)
        #expect(try box.succeed("varve logs -f w | head -n 2") == "up\nup")
        try box.succeed("varve rm -f w")
    }

    @Test("one that can't be started again is left, and it is told why")
    func failure() throws {
        let box = try Box()
        try box.succeed(
            "mkdir v; varve run -d -v $PWD/v:/v --restart always --name w debian:12 sh -c 'while [ ! -e /v/x ]; do sleep 0.1; done'"
        )
        try box.succeed("mv v gone; touch gone/x; while ! varve ps -a | grep -q exited; do :; done")
        #expect(try box.succeed(#"grep -o '"failure":"[^"]*' r/containers/*/state.json"#).contains("no"))
        try box.succeed("varve rm w")
    }

    @Test("after a boot those run that their policy wants to run")
    func boot() throws {
        let box = try Box()
        for (name, policy) in [("a", "always"), ("s", "unless-stopped"), ("u", "unless-stopped"), ("n", "no")] {
            try box.succeed("varve run -d --restart \(policy) --name \(name) debian:12 sleep 1000")
        }
        try box.succeed("varve stop -t 0 s; varve stop -t 0 a")
        // As a boot leaves them: what kept them is gone.
        try box.succeed(
            #"kill -9 $(sed -n 's/.*"keeper":\([0-9]\+\).*/\1/p' r/containers/*/state.json); for name in u n; do varve wait $name; done"#
        )
        #expect(try box.succeed("varve start --all-restartable | sort") == "a\nu")
        #expect(try box.succeed("varve start --all-restartable") == "")
        try box.succeed("varve rm -f a s u n")
    }

    @Test("after a boot a damaged container keeps no other from being started")
    func damaged() throws {
        let box = try Box()
        for name in ["a", "b", "c"] {
            try box.succeed("varve run -d --restart always --name \(name) debian:12 sleep 1000")
        }
        try box.succeed(
            #"kill -9 $(sed -n 's/.*"keeper":\([0-9]\+\).*/\1/p' r/containers/*/state.json); for name in a b c; do varve wait $name; done"#
        )
        try box.succeed(
            "cp r/containers/$(readlink r/names/b)/state.json kept; echo '{' >r/containers/$(readlink r/names/b)/state.json"
        )
        let result = try box.shell("varve start --all-restartable | sort")
        #expect(result.text == "a\nc\n")
        #expect(result.errors.contains("settle container: b: "), "\(result.errors)")
        try box.succeed("varve rm -f a b c")
    }

    @Test("the policy can be changed, also while it waits, and counts from then on")
    func updated() throws {
        let box = try Box()
        try box.succeed("mkfifo go; varve run -d -v $PWD/go:/go --name w debian:12 sh -c 'read x </go; exit 3'")
        try box.transcript(
            """
            $ varve update --restart sometimes w
            ! varve: update: --restart sometimes: it takes 'no', 'on-failure', 'on-failure:N', 'always' or 'unless-stopped'
            [2]
            $ varve update --restart on-failure:9 w
            w
            $ varve inspect w | grep -e restartPolicy -e '"resources": null' -e '"restart"'
                "restartPolicy": "on-failure:9",
                    "restart": "on-failure:9",
            $ varve create --rm --name r debian:12 true >/dev/null; varve update --restart always r; varve rm r
            ! varve: update: r: it is removed at its end (--rm), so it can't be started again
            ! removed r
            """)
        // It is started again, and waits before it is once more.
        try box.succeed(
            """
            echo >go; until grep -q '"running".*"restarts":1' r/containers/*/state.json; do :; done; echo >go
            keeper=$(sed 's/.*"keeper":\\([0-9]*\\).*/\\1/' r/containers/*/state.json)
            until kill -STOP $keeper \\
                && grep -q '"restarting"' r/containers/*/state.json \\
                && tr '\\0' ' ' </proc/$keeper/cmdline | grep -q '^varve-supervisor pause'
            do kill -CONT $keeper; done
            varve update --restart no w
            kill -CONT $keeper
            """)
        try box.succeed("while varve ps | grep -q restarting; do :; done")
        #expect(try box.succeed("varve ps -a | grep -o 'exited (3)'") == "exited (3)")
        try box.succeed("varve rm w")
    }

    @Test("restart stops it and starts it, as does a rollback")
    func restart() throws {
        let box = try Box()
        try box.succeed(
            "varve run -d --name w debian:12 sh -c 'echo up; touch /new; sleep 1000'; varve logs -f w | head -n 1")
        try box.succeed("varve restart -t 0 w")
        #expect(try box.succeed("varve logs -f w | head -n 2") == "up\nup")
        #expect(try box.succeed("while [ -z \"$(varve status w)\" ]; do :; done; varve status w") == "A /new")
        try box.succeed("varve rollback w")
        #expect(try box.succeed("varve logs -f w | head -n 3; varve ps | grep -c ' up '") == "up\nup\nup\n1")
        try box.succeed("varve rm -f w")
    }
}
