import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A process that enters a container", .enabled(if: isRoot))
struct EnterTests {
    let box: Box
    init() throws { box = try Box() }

    /// Starts a container that does nothing, and ends it after `body`.
    private func withContainer(
        _ script: String = "", _ change: (inout Specification) -> Void = { _ in },
        _ body: (borrowing ProcessHandle) throws -> Void
    ) throws {
        let ready = try Pipe()
        var specification = Box.specification(["sh", "-c", "\(script)\necho; exec sleep 1000"])
        change(&specification)
        let process = try Runtime.run(
            specification, rootfs: try box.root(),
            options: RunOptions(streams: StandardStreams(output: ready.writer.raw)))
        var byte: UInt8 = 0
        #expect(Glibc.read(ready.reader.raw, &byte, 1) == 1)
        do { try body(process.process) } catch { Issue.record(error) }
        try process.process.send(signal: SIGKILL)
        _ = try process.wait()
    }

    private func process(_ script: String) -> Specification.Process {
        Box.specification(["sh", "-c", script]).process
    }

    /// Enters with a process of the script and takes its output.
    private func enter(
        _ target: borrowing ProcessHandle, _ process: Specification.Process, input: Int32? = nil
    ) throws -> (status: Int32, lines: [String]) {
        let output = try Pipe()
        let container = try LiveContainer.open(target)
        let raw = output.writer.raw
        let entered = try Runtime.enter(
            container, process, options: EnterOptions(streams: StandardStreams(input: input, output: raw, errors: raw)))
        let status = try entered.wait()
        close(output.writer.release())
        let text = String(decoding: try output.reader.readAll(), as: UTF8.self)
        return (status, text.split(separator: "\n").map(String.init))
    }

    @Test("is in all its namespaces, below its first process, and the caller's child")
    func namespaces() throws {
        try withContainer { target in
            let script = """
                test $$ -gt 1 && hostname
                for space in mnt pid net ipc uts cgroup; do
                    test "$(readlink /proc/self/ns/$space)" = "$(readlink /proc/1/ns/$space)" || echo "$space differs"
                done
                busybox ps -o pid,comm | grep -c sleep; busybox ps -o ppid,sid,pid | grep " $$\\$" | head -n 1
                exit 7
                """
            let outcome = try enter(target, process(script))
            #expect(outcome.status == 7)
            #expect(outcome.lines.prefix(2) == ["box", "1"])
            // Its parent is outside, and it leads a session of its own.
            let numbers = outcome.lines.last?.split(separator: " ").map(String.init) ?? []
            #expect(numbers.count == 3 && numbers[0] == "0" && numbers[1] == numbers[2], "\(outcome.lines)")
        }
    }

    @Test("has the user, capabilities, limits and directory that it is given")
    func confined() throws {
        try withContainer { target in
            var process = process(
                "id -u; id -G; pwd; ulimit -n; umask; grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status")
            process.user = .init(uid: 1000, gid: 1001, additionalGroups: [29], umask: 0o077)
            process.workingDirectory = BytePath(["tmp"])
            process.limits = [.init(.openFiles, soft: 64, hard: 64)]
            process.noNewPrivileges = true
            let lines = try enter(target, process).lines
            #expect(
                lines
                    == ["1000", "1001 29", "/tmp", "64", "0077", "CapBnd:\t00000000a80425fb", "NoNewPrivs:\t1"])
        }
    }

    @Test("has no descriptor of its caller's, and its program's file is the stub's while it comes")
    func descriptors() throws {
        let null = try Files.open("/dev/null", flags: O_RDWR)
        let leak = fcntl(null.raw, F_DUPFD, 50)
        defer { close(leak) }
        try withContainer { target in
            let lines = try enter(target, process("ls /proc/self/fd")).lines
            #expect(lines == ["0", "1", "2", "3"])
        }
    }

    @Test("is in the control groups of the first process, of either version, and may open the same devices")
    func controlGroups() throws {
        let path = Box.groupPath("enter")
        let change = { (specification: inout Specification) in
            specification.linux.cgroupsPath = path
            specification.linux.resources.pids = 20
        }
        try withContainer("", change) { target in
            // In the container's own control group namespace its groups are the roots.
            let lines = try enter(target, process("grep -E '^0:|pids' /proc/self/cgroup | grep -c ':/$'")).lines
            let hasBoth = try ControlGroups.find(path, in: .mounted()).groups.count == 2
            #expect(lines == [hasBoth ? "2" : "1"])
            let device = "mknod /tmp/c c 300 5 && cat /tmp/c 2>&1"
            #expect(try enter(target, process(device)).lines.last?.hasSuffix("Operation not permitted") == true)
        }
    }

    @Test("that is missing is told from one that can't be executed")
    func missing() throws {
        try box.write("root/bin/plain", "#!/bin/sh\n")
        try withContainer { target in
            for (program, kind) in [
                ("nothing-here", RuntimeError.Kind.notFound), ("plain", .notExecutable), ("/etc", .notExecutable),
            ] {
                let error = #expect(throws: RuntimeError.self) {
                    try enter(target, Box.specification([program]).process)
                }
                #expect(error?.kind == kind, "\(program)")
            }
            var elsewhere = process("true")
            elsewhere.workingDirectory = BytePath(["none"])
            let error = #expect(throws: RuntimeError.self) { try enter(target, elsewhere) }
            #expect(error?.description == "enter working directory: /none: No such file or directory")
        }
    }

    @Test("has a terminal in the container's devpts, as its controlling one")
    func terminal() throws {
        try withContainer { target in
            var process = process(
                "tty=$(readlink /proc/self/fd/0); echo > /dev/tty; stat -c '%u %t' $tty; echo $tty; stty size")
            process.hasTerminal = true
            process.consoleSize = TerminalSize(rows: 10, columns: 20)
            process.user.uid = 1000
            let container = try LiveContainer.open(target)
            let entered = try Runtime.enter(container, process).release()
            let status = try entered.process.wait()
            guard let terminal = entered.terminal else {
                Issue.record("it has no terminal")
                return
            }
            var (shown, part) = ([UInt8](), [UInt8](repeating: 0, count: 256))
            while !shown.ends(with: "10 20\r\n".utf8) {
                let count = try part.withUnsafeMutableBytes { try terminal.outer.read(into: $0) }
                shown += part[..<count]
            }
            #expect(status == 0)
            #expect(String(decoding: shown, as: UTF8.self) == "\r\n1000 88\r\n/dev/pts/0\r\n10 20\r\n")
        }
    }

    @Test(
        "gets no terminal of anybody else where the container has replaced its devpts",
        arguments: [
            ("umount -l /dev/pts", "/dev/pts"),
            ("umount -l /dev/pts; busybox rmdir /dev/pts; busybox ln -s /tmp /dev/pts", "/dev/pts"),
            // What is there instead is not even opened.
            ("mount -o bind /dev/null /dev/pts/ptmx", "Invalid cross-device link"),
        ])
    func hostileTerminal(script: String, said: String) throws {
        try withContainer(
            script,
            {
                $0.process.capabilities = .init(CapabilitySet(bits: CapabilitySet.standard.bits | 1 << 21))
                $0.linux.namespaces = [.mount, .ipc, .uts, .network, .pid, .cgroup]
            }
        ) { target in
            var process = process("true")
            process.hasTerminal = true
            let container = try LiveContainer.open(target)
            let error = #expect(throws: RuntimeError.self) { _ = try Runtime.enter(container, process) }
            let text = error?.description ?? ""
            #expect(text.hasPrefix("open terminal: ") && text.contains(said), "\(text)")
        }
    }

    @Test("does not look at what the container has made of its /proc")
    func hostileProc() throws {
        let script = "umount -l /proc; busybox mkdir -p /proc/1/ns /proc/self/ns; busybox ln -s /etc /proc/1/root"
        try withContainer(
            script, { $0.process.capabilities = .init(CapabilitySet(bits: CapabilitySet.standard.bits | 1 << 21)) }
        ) { target in
            let lines = try enter(target, process("hostname; ls /proc")).lines
            #expect(lines == ["box", "1", "self"])
        }
    }

    @Test("is refused by a container that has ended, be it reaped or not")
    func ended() throws {
        let process = try Runtime.run(Box.specification(["true"]), rootfs: try box.root())
        var request = pollfd(fd: process.process.descriptor.raw, events: Int16(POLLIN), revents: 0)
        poll(&request, 1, -1)
        let zombie = #expect(throws: RuntimeError.self) { _ = try LiveContainer.open(process.process) }
        #expect(zombie?.description == "look at container: process \(process.process.pid): it has ended")
        let other = try ProcessHandle.open(process.process.pid)
        #expect(try process.wait() == 0)
        let reaped = #expect(throws: RuntimeError.self) { _ = try LiveContainer.open(other) }
        #expect(reaped?.description == zombie?.description)
    }

    @Test("never shows the container its caller's program, whatever it may look at")
    func program() throws {
        // With this capability /proc/PID/exe of any process can be opened.
        let script = """
            while :; do
                for process in /proc/[0-9]*; do
                    program=$(readlink $process/exe)
                    case "$program" in
                        "" | */busybox | *memfd:varve-stub*) ;;
                        *) echo "$program" >> /dev/shm/seen ;;
                    esac
                done
                test ! -e /dev/shm/stop || exec sleep 1000
            done &
            : > /dev/shm/seen
            """
        try withContainer(
            script, { $0.process.capabilities = .init(CapabilitySet(bits: CapabilitySet.standard.bits | 1 << 19)) }
        ) { target in
            for _ in 0..<40 {
                let status = try enter(target, process("true")).status
                #expect(status == 0)
            }
            let outcome = try enter(target, process("cat /dev/shm/seen; touch /dev/shm/stop"))
            #expect(outcome.lines == [])
        }
    }

    @Test("ends with the container")
    func endsWithContainer() throws {
        let target = try Runtime.run(Box.specification(["sleep", "1000"]), rootfs: try box.root())
        let container = try LiveContainer.open(target.process)
        let entered = try Runtime.enter(container, Box.specification(["sleep", "1000"]).process)
        try target.process.send(signal: SIGKILL)
        #expect(try entered.wait() == 137)
        #expect(try target.wait() == 137)
        // Its namespaces are still there, and nothing can be started in them.
        #expect(throws: RuntimeError.self) { _ = try Runtime.enter(container, Box.specification(["true"]).process) }
    }
}

extension [UInt8] {
    fileprivate func ends(with suffix: some Sequence<UInt8>) -> Bool {
        reversed().starts(with: Array(suffix).reversed())
    }
}
