import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("Hooks", .enabled(if: isRoot))
struct HookTests {
    let box: Box
    init() throws { box = try Box() }

    /// A hook that notes its state, where it is, and its own words.
    private func hook(_ name: String, path: String = "/bin/sh", into file: String? = nil) -> Specification.Hook {
        var hook = Specification.Hook(path: path)
        let file = file ?? box.directory.file("log")
        hook.arguments = ["sh", "-c", "echo \"$0 $(cat) $(readlink /proc/self/ns/uts) $V\" >> \(file)", name]
        hook.environment = ["PATH=/bin", "V=value"]
        return hook
    }

    private func options() -> RunOptions {
        var options = RunOptions()
        options.hookState = { pid in Array("state-of-\(pid)".utf8) }
        return options
    }

    @Test("run in their order, each where it belongs, and are told the container's state")
    func stages() throws {
        var specification = Box.specification(["cat", "/dev/shm/log"])
        specification.hooks.prestart = [hook("prestart")]
        specification.hooks.createRuntime = [hook("createRuntime")]
        specification.hooks.createContainer = [hook("createContainer"), hook("second")]
        specification.hooks.startContainer = [hook("startContainer", into: "/dev/shm/log")]
        let output = try Pipe()
        var options = options()
        options.streams.output = output.writer.raw
        let process = try Runtime.run(specification, rootfs: try box.root(), options: options)
        let pid = process.process.pid
        #expect(try process.wait() == 0)
        close(output.writer.release())
        let own = String(decoding: try Files.readLink("/proc/self/ns/uts"), as: UTF8.self)
        let lines = try (box.text("log") + String(decoding: output.reader.readAll(), as: UTF8.self))
            .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.map { $0[0] } == ["prestart", "createRuntime", "createContainer", "second", "startContainer"])
        #expect(lines.allSatisfy { $0[1] == "state-of-\(pid)" && $0[3] == "value" })
        #expect(lines.prefix(2).allSatisfy { $0[2] == own } && lines.dropFirst(2).allSatisfy { $0[2] == lines[2][2] })
        #expect(lines[2][2] != own)
    }

    @Test("that fail or take too long end the start, at every stage", arguments: 0..<8)
    func failing(number: Int) throws {
        let isSlow = number >= 4
        var failing = Specification.Hook(path: "/bin/sh")
        failing.arguments = ["sh", "-c", isSlow ? "exec /bin/sleep 1000" : "exit 3"]
        if isSlow { failing.timeout = 1 }
        var specification = Box.specification(["true"])
        switch number % 4 {
        case 0: specification.hooks.prestart = [failing]
        case 1: specification.hooks.createRuntime = [failing]
        case 2: specification.hooks.createContainer = [failing]
        default: specification.hooks.startContainer = [failing]
        }
        let error = #expect(throws: RuntimeError.self) {
            _ = try Runtime.run(specification, rootfs: try box.root(), options: options())
        }
        #expect(
            error?.description == "run hook: /bin/sh: \(isSlow ? "Connection timed out" : "exit status 3")")
    }

    @Test("that are not there are an error", arguments: [true, false])
    func missing(isInside: Bool) throws {
        var specification = Box.specification(["true"])
        let none = [Specification.Hook(path: "/none")]
        if isInside { specification.hooks.createContainer = none } else { specification.hooks.createRuntime = none }
        let error = #expect(throws: RuntimeError.self) {
            _ = try Runtime.run(specification, rootfs: try box.root(), options: options())
        }
        #expect(error?.description.hasPrefix("run hook: /none: ") == true)
        // Who can't tell them of the container must not run it without them.
        #expect(throws: RuntimeError.self) { try box.run(["true"], { $0.hooks.poststart = none }) }
    }
}
