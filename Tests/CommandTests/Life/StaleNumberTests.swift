import Glibc
import Linux
import Testbed
import Testing

/// A state that tells of processes that are gone, whose numbers others may have by now.
@Suite("Stale numbers of processes", .enabled(if: isRoot))
struct StaleNumberTests {
    /// What would act on a process.
    private static let commands = [
        "kill w", "kill -s HUP w", "stop -t 0 w", "exec w true", "exec -d w true", "pause w", "unpause w", "top w",
        "attach w", "cp w:/etc/numbers taken", "stats --no-stream w", "commit --allow-empty w -m x",
    ]

    @Test(
        "whoever has a number of the container's now is left alone, while the right to run it is somebody's who tidies up"
    )
    func reused() throws {
        let box = try Box()
        let other = try Spawned(["sh", "-c", "echo $$; exec sleep 1000"], in: box)
        try other.waitForOutput("\n")
        let number = try other.output().filter { $0 != "\n" }
        try box.succeed("varve run -d --name w debian:12 sleep 1000")
        try box.succeed(DetachedTests.killKeeper)
        let lock = try FileLock.acquire("\(box.root)/containers/\(try box.succeed("readlink r/names/w"))/running")
        try box.succeed(#"sed -E -i 's/"(pid|keeper)":[0-9]+/"\1":\#(number)/g' r/containers/*/state.json"#)
        for command in Self.commands {
            let result = try box.shell("timeout 60 varve \(command)")
            #expect(result.status != 124, "\(command): \(result.errors)")
            #expect(try box.succeed("cut -d' ' -f3 /proc/\(number)/stat") == "S", "\(command): \(result.errors)")
        }
        #expect(try box.succeed("ls taken 2>/dev/null | wc -l") == "0")
        #expect(try box.succeed("varve ps -a | grep -o 'exited (137)'; varve ps | wc -l") == "exited (137)\n1")
        _ = consume lock
        try box.succeed("varve rm w")
        #expect(try box.succeed("cut -d' ' -f3 /proc/\(number)/stat") == "S")
    }

    @Test("a state of another boot tells of no process")
    func otherBoot() throws {
        let box = try Box()
        try box.succeed("varve run -d --name w debian:12 sleep 1000; cp -p r/containers/*/state.json kept")
        try box.succeed(#"sed -i 's/"boot":"./"boot":"x/' r/containers/*/state.json"#)
        try box.transcript(
            """
            $ varve exec w true
            ! varve: use container: w: it is not running
            [125]
            $ varve kill w
            ! varve: use container: w: it is not running
            [3]
            """)
        // Nobody else can have its right to run.
        try box.succeed("cp -p kept r/containers/*/state.json; varve exec w true; varve rm -f w")
    }
}
