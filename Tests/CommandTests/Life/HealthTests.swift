import Testbed
import Testing

/// Health checks.
@Suite("Health", .enabled(if: isRoot))
struct HealthTests {
    /// Waits until the only container's health is as it says.
    private func wait(_ box: Box, for text: String) throws {
        let result = try box.shell(
            "n=0; until grep -q '\(text)' r/containers/*/health.json; do n=$((n+1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done"
        )
        let found = try box.shell("cat r/containers/*/health.json").text
        #expect(result.status == 0, "\(text): \(found)")
    }

    @Test("it starts, is healthy while the check succeeds and unhealthy after so many failures")
    func course() throws {
        let box = try Box()
        try box.succeed(
            """
            varve run -d --health-cmd 'echo looked; test -e /ok' --health-interval 100ms --health-retries 2 \
                --health-start-period 1h --name w debian:12 sleep 1000
            grep -q '"status":"starting"' r/containers/*/health.json
            """)
        // Failures in the start period do not count.
        try wait(box, for: #""exitCode":1,"output":"looked\\n""#)
        #expect(try box.succeed(#"grep -c '"status":"starting","failingStreak":0' r/containers/*/health.json"#) == "1")
        try box.succeed("varve exec w touch /ok")
        try wait(box, for: #""status":"healthy""#)
        try box.succeed("varve exec w rm /ok")
        try wait(box, for: #""status":"unhealthy""#)
        try box.succeed("varve exec w touch /ok")
        try wait(box, for: #""status":"healthy","failingStreak":0"#)
        // The log is bounded.
        try wait(box, for: #"\("exitCode":0.*\)\{5\}"#)
        #expect(try box.succeed(#"grep -o '"exitCode"' r/containers/*/health.json | wc -l"#) == "5")
        #expect(
            try box.succeed(
                "varve events --since 0 --until now | grep -o 'health_status.*health=[a-z]*' | grep -o '=[a-z]*healthy$'"
            )
            .hasPrefix("=healthy\n=unhealthy\n=healthy"))
        try box.succeed("varve rm -f w")
    }

    @Test("a check that takes too long is killed and has failed, and one that floods is cut")
    func limits() throws {
        let box = try Box()
        try box.succeed(
            "varve run -d --health-cmd 'sleep 1000' --health-interval 50ms --health-timeout 100ms --health-retries 1 --name w debian:12 sleep 1000"
        )
        try wait(box, for: #""status":"unhealthy".*"exitCode":-1,"output":"the check took longer than 100 ms""#)
        try box.succeed("varve rm -f w")
        try box.succeed(
            "varve run -d --health-cmd 'head -c 100000 /dev/zero' --health-interval 50ms --name w debian:12 sleep 1000")
        try wait(box, for: #""status":"healthy""#)
        #expect(try box.succeed("cat r/containers/*/health.json | wc -c | awk '{ print ($1 < 150000) }'") == "1")
        try box.succeed("varve rm -f w")
    }

    @Test("a check that takes too long leaves nothing of what it has started")
    func late() throws {
        let box = try Box()
        try box.succeed(
            """
            varve run -d --health-cmd 'touch /started; sleep 1235 & sleep 1236; true' --health-interval 1h \\
                --health-timeout 10s --name w debian:12 sleep 1000
            varve supervise check $(readlink r/names/w)
            """)
        #expect(try box.succeed("varve exec w ls /started") == "/started")
        #expect(try box.succeed("varve top w -o pid,args | grep -c 'sleep 123' || true") == "0")
        #expect(try box.succeed("varve top w -o pid,args | grep -c 'sleep 1000'") == "1")
        try box.succeed("varve rm -f w")
    }

    @Test("of one that stands still no check is made")
    func paused() throws {
        let box = try Box()
        try box.succeed(
            """
            varve run -d --health-cmd true --health-interval 1h --health-retries 1 --name w debian:12 sleep 1000
            varve supervise check $(readlink r/names/w)
            """)
        try wait(box, for: #""status":"healthy""#)
        try box.succeed(
            "cp r/containers/*/health.json before; varve pause w; varve supervise check $(readlink r/names/w)")
        try box.succeed("cmp before r/containers/*/health.json")
        // It is made again as soon as that is over.
        try box.succeed(
            "varve unpause w; varve supervise check $(readlink r/names/w); ! cmp -s before r/containers/*/health.json")
        try box.succeed("varve rm -f w")
    }

    @Test("ps finds containers by it")
    func filtered() throws {
        let box = try Box()
        try box.succeed(
            """
            varve create --name without debian:12 true
            varve run -d --health-cmd true --health-interval 1h --name first debian:12 sleep 1000
            for code in 0 1; do
                varve run -d --health-cmd "exit $code" --health-interval 1h --health-retries 1 --name checked-$code debian:12 sleep 1000
                varve supervise check $(readlink r/names/checked-$code)
            done
            """)
        for (health, names) in [
            ("starting", "first"), ("healthy", "checked-0"), ("unhealthy", "checked-1"), ("none", "without"),
        ] {
            let found = try box.succeed("varve ps -a --filter health=\(health) | sed 1d | awk '{ print $2 }'")
            #expect(found == names)
        }
        try box.refuses(
            "varve ps -f health=ill", code: 2,
            """
            varve: ps: --filter health=ill: there is no such health
            hint: it takes starting, healthy, unhealthy or none
            """)
        try box.succeed("varve rm -f without first checked-0 checked-1")
    }

    @Test("the image's check holds unless another or none is asked for")
    func image() throws {
        let box = try Box()
        try box.succeed(
            """
            varve -q run --name b debian:12 true
            varve -q commit b --allow-empty -t h:1 -c 'HEALTHCHECK --interval=100ms CMD true'
            varve -q rm b
            varve run -d --name w h:1 sleep 1000
            """)
        try wait(box, for: #""status":"healthy""#)
        try box.succeed(
            "varve rm -f w; varve run -d --no-healthcheck --name w h:1 sleep 1000; ! ls r/containers/*/health.json 2>/dev/null; varve rm -f w"
        )
        try box.transcript(
            """
            $ varve run --no-healthcheck --health-cmd true debian:12 true
            ! varve: run: --no-healthcheck: it goes with no other --health option
            [125]
            $ varve run --health-interval 1 --health-cmd true debian:12 true
            ! varve: run: --health-interval 1: it takes a duration from 1ms on, such as 10s or 1m30s
            [125]
            $ varve run --rm --health-interval 1s debian:12 true
            ! varve: check health: container: there is no check: neither --health-cmd nor the image has one
            [125]
            """)
    }
}
