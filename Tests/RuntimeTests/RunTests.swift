import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A container's process", .enabled(if: isRoot))
struct RunTests {
    let box: Box
    init() throws { box = try Box() }

    @Test("ends with the program's own status", arguments: [0, 1, 7, 255])
    func exitCode(code: Int32) throws {
        #expect(try box.sh("exit \(code)").status == code)
    }

    @Test("ends with 128 and the signal that killed it")
    func killed() throws {
        // Process 1 is safe from its own signals, so the shell's child is the one killed and its status passed on.
        #expect(try box.sh("sh -c 'kill -9 $$'; exit $?").status == 137)
        let process = try Runtime.run(Box.specification(["sleep", "100"]), rootfs: try box.root())
        try process.process.send(signal: SIGKILL)
        #expect(try process.wait() == 137)
    }

    @Test("gets exactly the given environment and arguments")
    func environment() throws {
        #expect(try box.run(["env"]).lines == ["PATH=/usr/bin:/bin", "NAME=value with blank"])
        #expect(try box.run(["echo", "a b", "", "c"]).output == "a b  c\n")
    }

    @Test("is process 1, leads a session, and has the host name")
    func identity() throws {
        let outcome = try box.sh("echo $$; hostname; cut -d' ' -f6 /proc/1/stat || busybox cut -d' ' -f6 /proc/1/stat")
        #expect(outcome.lines == ["1", "box", "1"])
    }

    @Test("starts in the working directory, which is made when asked")
    func workingDirectory() throws {
        #expect(try box.run(["pwd"], { $0.process.workingDirectory = BytePath(["tmp"]) }).output == "/tmp\n")
        let missing = BytePath(["srv", "app"])
        #expect(throws: RuntimeError.self) { try box.run(["pwd"], { $0.process.workingDirectory = missing }) }
        let made = try box.run(["pwd"], { $0.process.workingDirectory = missing }, makesWorkingDirectory: true)
        #expect(made.output == "/srv/app\n")
        #expect(!made.made.contains { $0.path.isWithin(BytePath(["srv"])) })
    }

    @Test("has no working directory outside the root, not even through an open descriptor")
    func workingDirectoryOutside() throws {
        let host = try Files.openDirectory("/")
        #expect(throws: RuntimeError.self) {
            try box.run(
                ["pwd"], { $0.process.workingDirectory = BytePath(["proc", "self", "fd", "0"]) }, input: host.raw)
        }
    }

    @Test("has nothing on standard input by default, and what is given otherwise")
    func standardInput() throws {
        #expect(try box.run(["wc", "-c"]).output == "0\n")
        let pipe = try Pipe()
        try pipe.writer.write(Array("passed on\n".utf8))
        var specification = Box.specification(["head", "-n", "1"])
        specification.process.noNewPrivileges = true
        let output = try Pipe()
        let process = try Runtime.run(
            specification, rootfs: try box.root(),
            options: RunOptions(streams: StandardStreams(input: pipe.reader.raw, output: output.writer.raw)))
        #expect(try process.wait() == 0)
        var line = [UInt8](repeating: 0, count: 64)
        let count = try line.withUnsafeMutableBytes { try output.reader.read(into: $0) }
        #expect(String(decoding: line[..<count], as: UTF8.self) == "passed on\n")
    }

    @Test("has no descriptor but its standard streams, not even one that its caller lets every program have")
    func descriptors() throws {
        let null = try Files.open("/dev/null", flags: O_RDWR)
        // Without FD_CLOEXEC, low and high.
        let leaks = [3, 100, 1000].map { fcntl(null.raw, F_DUPFD, Int32($0)) }
        defer { for leak in leaks { close(leak) } }
        // 3 is the directory that ls itself reads.
        #expect(try box.run(["ls", "/proc/self/fd"]).lines == ["0", "1", "2", "3"])
    }

    @Test("has the given limits and umask")
    func limits() throws {
        let outcome = try box.sh("ulimit -n; ulimit -Hn; umask") {
            $0.process.limits = [.init(.openFiles, soft: 100, hard: 200)]
            $0.process.user.umask = 0o027
        }
        #expect(outcome.lines == ["100", "200", "0027"])
    }

    @Test("that is missing is told from one that can't be executed")
    func missingProgram() throws {
        func kind(_ arguments: [String]) -> RuntimeError.Kind? {
            #expect(throws: RuntimeError.self) { try box.run(arguments) }?.kind
        }
        try box.write("root/bin/plain", "#!/bin/sh\n")
        #expect(kind(["nothing-here"]) == .notFound)
        #expect(kind(["/bin/nothing-here"]) == .notFound)
        #expect(kind([""]) == .notFound)
        #expect(kind(["plain"]) == .notExecutable)
        #expect(kind(["/etc"]) == .notExecutable)
    }

    @Test("is looked for in its own PATH, passing over what can't be executed")
    func pathSearch() throws {
        try Files.makeDirectories(box.directory.file("root/first"))
        try box.write("root/first/true", "")
        let outcome = try box.run(["true"], { $0.process.environment = ["PATH=/none:/first:/bin"] })
        #expect(outcome.status == 0)
    }

    @Test("that fails to be set up names the step")
    func failedSetup() throws {
        let error = #expect(throws: RuntimeError.self) {
            try box.run(
                ["true"],
                {
                    $0.mounts.append(.init("cgroup", at: BytePath(["sys", "fs", "cgroup"]), options: ["nonsense"]))
                })
        }
        #expect(error?.kind == .failed)
        #expect(error?.description.contains("mount in container: /sys/fs/cgroup") == true)
        #expect(error?.description.contains("nonsense") == true, "the kernel's own words are missing")
    }

    @Test("leaves no mount and no control group behind, whether it runs or fails")
    func nothingLeft() throws {
        let group = Box.groupPath("left")
        #expect(try box.run(["true"], { $0.linux.cgroupsPath = group }).status == 0)
        #expect(throws: RuntimeError.self) { try box.run(["nothing-here"], { $0.linux.cgroupsPath = group }) }
        #expect(try ControlGroups.find(group, in: .mounted()).isEmpty)
        let mounts = try Files.open("/proc/self/mountinfo", flags: O_RDONLY).readAll()
        #expect(!String(decoding: mounts, as: UTF8.self).contains(box.directory.path))
    }

    @Test("dies with the thread that supervises it")
    func supervisorEnds() throws {
        final class Kept: @unchecked Sendable { var pid: Int32 = 0 }
        let kept = Kept()
        let box = UncheckedBox(box)
        let ready = try Pipe()
        let readyRaw = ready.writer.raw
        let thread = onThread {
            guard let root = try? box.value.root(),
                let process = try? Runtime.run(
                    Box.specification(["sh", "-c", "echo; exec sleep 1000"]), rootfs: root,
                    options: RunOptions(streams: StandardStreams(output: readyRaw)))
            else { return }
            kept.pid = process.process.pid
            var byte: UInt8 = 0
            _ = Glibc.read(ready.reader.raw, &byte, 1)
        }
        pthread_join(thread, nil)
        #expect(kept.pid > 0)
        var status: Int32 = 0
        #expect(waitpid(kept.pid, &status, 0) == kept.pid)
        #expect(status & 0x7f == SIGKILL)
    }
}

/// For values that one thread uses at a time.
struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
