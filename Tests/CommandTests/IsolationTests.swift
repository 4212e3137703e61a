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
