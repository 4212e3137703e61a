import Glibc
import Linux
import Model
import Runtime
import Testbed
import Testing

@Suite("A created container", .enabled(if: isRoot))
struct GateTests {
    let box: Box
    init() throws { box = try Box() }

    @Test("executes its program when the gate is opened and not before, and then the gate is gone")
    func gate() throws {
        let gate = try Gate(box)
        let output = try Pipe()
        var options = RunOptions(streams: StandardStreams(output: output.writer.raw))
        options.gate = gate.raw
        let process = try Runtime.run(
            Box.specification(["sh", "-c", "echo ran; exec sleep 1000"]), rootfs: try box.root(), options: options)
        gate.close()
        let name = try Files.open(KernelPath("/proc/\(process.process.pid)/comm"), flags: O_RDONLY).readAll()
        #expect(String(decoding: name, as: UTF8.self) != "sh\n")
        var request = pollfd(fd: output.reader.raw, events: Int16(POLLIN), revents: 0)
        #expect(poll(&request, 1, 0) == 0)
        try gate.open()
        #expect(poll(&request, 1, -1) == 1)
        // Nobody is left to read from it but for a moment the containers that other tests are just starting.
        while true {
            do { try gate.open() } catch let error as SystemError {
                #expect(error.errno == .noAddress)
                break
            }
        }
        try process.process.send(signal: SIGKILL)
        #expect(try process.wait() == 137)
    }

    @Test("is refused where its program can't be executed, by the same words as when it runs at once")
    func refused() throws {
        try box.write("root/bin/plain", "#!/bin/sh\n")
        for arguments in [["nothing-here"], ["/bin/nothing-here"], ["plain"], ["/etc"], [""]] {
            let gate = try Gate(box)
            var options = RunOptions()
            options.gate = gate.raw
            let created = #expect(throws: RuntimeError.self) {
                _ = try Runtime.run(Box.specification(arguments), rootfs: try box.root(), options: options)
            }
            let run = #expect(throws: RuntimeError.self) { try box.run(arguments) }
            #expect(created?.kind == run?.kind && created?.description == run?.description, "\(arguments)")
        }
    }

    @Test("ends with 127 or 126 where its program has become impossible by the time it starts")
    func changed() throws {
        for (program, status) in [("#!/none\n", Int32(127)), ("no program", 126)] {
            let gate = try Gate(box)
            try box.write("root/bin/broken", program)
            chmod(box.directory.file("root/bin/broken"), 0o755)
            var options = RunOptions()
            options.gate = gate.raw
            let process = try Runtime.run(Box.specification(["broken"]), rootfs: try box.root(), options: options)
            try gate.open()
            #expect(try process.wait() == status)
        }
    }

    @Test("can be killed at its gate, and is killed with its caller only if so asked", arguments: [true, false])
    func tied(isTied: Bool) throws {
        let gate = try Gate(box)
        final class Kept: @unchecked Sendable { var process: ReleasedProcess? = nil }
        let (kept, box, raw) = (Kept(), UncheckedBox(box), gate.raw)
        let thread = onThread {
            guard let root = try? box.value.root() else { return }
            var options = RunOptions()
            options.gate = raw
            options.isTiedToCaller = isTied
            do {
                kept.process = try Runtime.run(
                    Box.specification(["sleep", "1000"]), rootfs: root, options: options
                ).release()
            } catch { Issue.record(error) }
        }
        pthread_join(thread, nil)
        guard let released = kept.process.take() else { return }
        let process = released.process
        if !isTied {
            #expect(try !process.hasEnded())
            try process.send(signal: SIGKILL)
        }
        #expect(try process.wait() == 137)
    }

    @Test("shows its caller namespaces and mounts before it enters its root")
    func prepared() throws {
        var seen: (pid: Int32, network: [UInt8], mounts: String) = (0, [], "")
        var options = RunOptions()
        options.prepared = { pid in
            let mounts = try Files.open(KernelPath("/proc/\(pid)/mountinfo"), flags: O_RDONLY).readAll()
            seen = (
                pid, try Files.readLink(KernelPath("/proc/\(pid)/ns/net")), String(decoding: mounts, as: UTF8.self)
            )
        }
        let process = try Runtime.run(Box.specification(["true"]), rootfs: try box.root(), options: options)
        #expect(seen.pid == process.process.pid)
        #expect(seen.network != (try Files.readLink("/proc/self/ns/net")))
        #expect(seen.mounts.contains(" /dev/shm "))
        #expect(try process.wait() == 0)
    }

    @Test("does not come to be where its caller objects")
    func objection() throws {
        struct Objection: Error, CustomStringConvertible { let description = "not today" }
        var seen: Int32 = 0
        var options = RunOptions()
        options.prepared = { pid in
            seen = pid
            throw Objection()
        }
        let error = #expect(throws: RuntimeError.self) {
            _ = try Runtime.run(Box.specification(["true"]), rootfs: try box.root(), options: options)
        }
        #expect(error?.description == "prepare container: not today")
        #expect(kill(seen, 0) == -1 && errno == ESRCH)
    }

    @Test("has the descriptors that it is passed, numbered from 3 in their order, and no more")
    func passed() throws {
        let files = try ["one", "two"].map { name in
            try box.write(name, name)
            return SharedFile(try Files.open(KernelPath(box.directory.file(name)), flags: O_RDONLY))
        }
        let output = try Pipe()
        var options = RunOptions(streams: StandardStreams(output: output.writer.raw))
        options.passedDescriptors = files.map { $0.descriptor.raw }
        let process = try Runtime.run(
            Box.specification(["sh", "-c", "cat <&3; cat <&4; ls /proc/self/fd"]), rootfs: try box.root(),
            options: options)
        #expect(try process.wait() == 0)
        close(output.writer.release())
        // 5 is the directory that ls itself reads.
        #expect(String(decoding: try output.reader.readAll(), as: UTF8.self) == "onetwo0\n1\n2\n3\n4\n5\n")
    }
}

/// A FIFO at which a created container waits.
private final class Gate {
    private let path: KernelPath
    private var descriptor: Descriptor?

    init(_ box: Box) throws {
        path = KernelPath(box.directory.file("gate"))
        if try Files.exists(path) { try Files.remove(path) }
        try Files.makeNode(path, mode: UInt32(S_IFIFO) | 0o600)
        descriptor = try Files.open(path, flags: O_RDWR)
    }

    var raw: Int32 {
        switch descriptor {
        case .some(let descriptor): descriptor.raw
        case .none: -1
        }
    }

    /// Leaves only the container to read from it.
    func close() { descriptor = nil }

    /// - Throws: ENXIO where nobody has it open for reading.
    func open() throws {
        let gate = try Files.open(path, flags: O_WRONLY | O_NONBLOCK)
        let signals = try SignalQueue.open([SIGPIPE])
        do throws(SystemError) { try gate.write([0]) } catch {
            // Who had it was one of those that had it for a moment only.
            _ = try signals.next()
            guard error.errno == Errno(rawValue: EPIPE) else { throw error }
        }
    }
}

/// A descriptor that can be in an array.
final class SharedFile {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
