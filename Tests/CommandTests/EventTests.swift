import Testbed
import Testing

/// The log of events, and who reads it.
@Suite("Events", .enabled(if: isRoot))
struct EventTests {
    private static let short = "sed 's/^[^ ]* //; s/ [^ ]* (name=/ /; s/,.*//; s/)$//'"

    @Test("what happens to containers and volumes is told in its order, as far as it is asked for")
    func all() throws {
        let box = try Box()
        try box.succeed(
            """
            set -e
            varve run --rm --name one -l of=shop debian:12 true
            varve run --name two -v data:/data debian:12 sh -c 'exit 3' || :
            varve rm two; varve volume rm data
            """)
        for (filters, expected) in [
            (
                "",
                "image tag debian:12|container create one|container start one|container die one|container destroy one|volume create data"
                    + "|container create two|container start two|container die two|container destroy two"
                    + "|volume destroy data"
            ),
            ("-f type=volume", "volume create data|volume destroy data"),
            ("-f container=two -f event=die", "container die two"),
            ("-f event=die -f event=start -f label=of=shop", "container start one|container die one"),
            ("-f image=debian:12 -f event=create", "container create one|container create two"),
            ("-f volume=data -f event=destroy", "volume destroy data"),
            ("-f label=none", ""), ("-f type=image -f image=debian:12", "image tag debian:12"),
        ] {
            let told = try box.succeed("varve events --since 0 --until now \(filters) | \(Self.short)")
            #expect(told.split(separator: "\n").joined(separator: "|") == expected, "\(filters)")
        }
        let json = try box.succeed("varve events --since 1h --until now -f container=two -f event=die --json")
        #expect(json.contains(#""type":"container","action":"die","id":""#), "\(json)")
        #expect(json.contains(#""attributes":{"image":"debian:12","exitCode":"3"},"labels":{}}"#), "\(json)")
        #expect(try box.succeed("varve events --since '1 hour ago' --until '30 minutes ago'") == "")
        try box.refuses(
            "varve events --since soon", code: 2,
            """
            varve: read --since: soon: it is no time
            hint: write 2026-11-01, 2026-11-01T15:30:00Z, 1700000000, 10m or 'AGO'
            """)
    }

    @Test("who waits is told of what comes, also when the log begins anew")
    func following() throws {
        let box = try Box()
        let reader = try Spawned(["varve", "events", "--since", "0", "-f", "event=destroy"], in: box)
        try box.succeed("varve run --rm --name one debian:12 true")
        try reader.waitForOutput("name=one")
        // As after very many events.
        try box.succeed("dd if=/dev/zero bs=1k count=1024 2>/dev/null | tr '\\0' '\\n' >>r/events/log")
        for name in ["two", "three"] { try box.succeed("varve run --rm --name \(name) debian:12 true") }
        try reader.waitForOutput("name=three")
        #expect(try box.succeed("ls r/events") == "lock\nlog\nlog.1")
        #expect(try reader.output().split(separator: "\n").count == 3)
        #expect(try box.succeed("varve events --since 0 --until now -f event=destroy | grep -c name=") == "3")
    }

    @Test("many at once write whole lines")
    func atOnce() throws {
        let box = try Box()
        try box.succeed("for i in 1 2 3 4 5 6 7 8 9 10; do varve volume create v$i & done; wait")
        #expect(
            try box.succeed("varve events --since 0 --until now -f type=volume | grep -c '(name=v[0-9]*)$'") == "10")
    }

    @Test("where none can be noted, that is told, and what was to be done is done")
    func unwritable() throws {
        let box = try Box()
        try box.succeed("rm -rf r/events; touch r/events")
        let result = try box.shell("varve volume create data")
        #expect(result.text == "data\n" && result.status == 0)
        #expect(
            box.normalised(result.errors)
                == "varve: warning: record event: volume create: data: open: BOX/r/events/lock: Not a directory\n")
    }
}
