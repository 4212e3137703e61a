import Glibc
import Testbed
import Testing

/// Ctrl-C in the middle of what stops a container to start it again.
@Suite("An interrupted restart", .enabled(if: isRoot))
struct InterruptedRestartTests {
    @Test(
        "is finished", arguments: [["rollback", "w"], ["restart", "--time=-1", "w"]],
        [SIGINT, SIGTERM, SIGHUP])
    func finished(command: [String], signal: Int32) throws {
        let box = try Box()
        // It tells that it was asked to end, and ends when it is told to.
        let script = #"trap "echo asked; read x </go; exit 0" TERM; touch /new; echo up; while :; do sleep 0.1; done"#
        try box.succeed(
            """
            mkfifo go; varve run -d --stop-timeout=-1 -v $PWD/go:/go --name w debian:12 sh -c '\(script)'
            varve logs -f w | head -n 1
            """)
        let process = try Spawned(["varve"] + command, in: box)
        try process.waitUntil("the container is asked to end") { try box.succeed("varve logs w").contains("asked") }
        try process.send(signal)
        try box.succeed("echo >go")
        // A restart has nothing left to do; a rollback tells what it has done.
        let code = try process.wait()
        #expect([0, 128 + signal].contains(code))
        #expect(try box.succeed("varve logs -f w | head -n 3; varve ps | grep -c ' up '") == "up\nasked\nup\n1")
        try box.succeed("varve rm -f w")
    }
}
