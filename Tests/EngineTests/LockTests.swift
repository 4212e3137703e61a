@testable import Engine
import Glibc
import Linux
import Model
import ObjectStore
import Testbed
import Testing

@Suite("Several at once", .enabled(if: isRoot))
struct LockTests {
    @Test("a running container is neither removed, nor run again, nor rolled back")
    func running() throws {
        let rig = try Rig()
        let running = try rig.start("c")
        func isRefused(_ body: () throws -> Void) -> Bool {
            do { try body() } catch EngineError.containerRunning("c") { return true } catch {}
            return false
        }
        #expect(isRefused { try rig.repository.remove(running.container) })
        #expect(isRefused { _ = try rig.repository.rollback(running.container, to: nil, by: Rig.author) })
        #expect(
            isRefused {
                _ = try rig.repository.run(
                    running.container, console: RunConsole(isInteractive: false), isLasting: true)
            })
        try running.end()
        try rig.repository.remove(running.container)
        #expect(try rig.repository.containers().isEmpty)
        #expect(try Files.names(in: try Files.openDirectory(KernelPath("\(rig.root)/containers"))).isEmpty)
        try rig.expectNoLeaks()
    }

    @Test("of many that take one name one gets it")
    func name() throws {
        let rig = try Rig()
        let line = """
            for i in 1 2 3 4 5 6 7 8; do "$0" run --name same base:1 true >/dev/null 2>&1 & p="$p $!"; done
            for q in $p; do wait $q; echo $?; done
            """
        let codes = try run(["sh", "-c", line, Rig.varve], environment: rig.environment).text.split(separator: "\n")
        #expect(codes.filter { $0 == "0" }.count == 1)
        #expect(codes.filter { $0 == "125" }.count == 7)
        #expect(try rig.repository.containers().map(\.name) == ["same"])
        #expect(try Files.names(in: try Files.openDirectory(KernelPath("\(rig.root)/containers"))).count == 1)
    }

    @Test("who looks is in nobody's way", arguments: Rig.modes)
    func looking(_ mode: Repository.CheckoutMode) throws {
        let rig = try Rig(mode)
        let line = """
            (while [ ! -e "$1" ]; do "$0" ps -a >/dev/null || echo ps; "$0" status w >/dev/null || echo status; done) &
            "$0" run --name w base:1 true || echo first
            for i in 1 2 3 4 5 6 7 8; do
              "$0" start -a w || echo start; "$0" run --rm base:1 true || echo run
            done
            touch "$1"; wait
            """
        _ = try rig.container("other")
        let failures = try run(
            ["sh", "-c", line, Rig.varve, rig.directory.file("end")], environment: rig.environment)
        let lines = Set(failures.text.split(separator: "\n"))
        // Before it is there, `w` has no status.
        #expect(lines.subtracting(["status"]).isEmpty, "\(failures.text) \(failures.errors)")
    }

    @Test("a killed supervisor takes its container with it, and the container can be removed")
    func killed() throws {
        let rig = try Rig()
        let running = try rig.start("c")
        kill(running.keeper, SIGKILL)
        try running.waitUntilEnded()
        for _ in 0..<500 where try Files.exists(KernelPath("/proc/\(running.pid)/exe")) { usleep(10_000) }
        #expect(try rig.repository.state(of: running.container).status == .exited(code: 137))
        try rig.repository.remove(running.container)
        try rig.expectNoLeaks()
    }

    @Test("several processes that find no repository make one")
    func creation() throws {
        let directory = try TemporaryDirectory("creation")
        let line =
            "for i in 1 2 3 4 5 6; do \"$0\" tag & p=\"$p $!\"; done; for q in $p; do wait $q; echo $?; done"
        let codes = try run(["sh", "-c", line, Rig.varve], environment: ["VARVE_ROOT": directory.file("new")])
        #expect(codes.text == String(repeating: "0\n", count: 6), "\(codes.errors)")
    }
}
