import Glibc
import Linux
import Model
import Runtime
import Testbed

/// A busybox root in a temporary directory, stacked under a fresh upper directory for each container.
final class Box {
    let directory: TemporaryDirectory
    private var containers = 0

    init() throws {
        directory = try TemporaryDirectory("box")
        for name in ["root/bin", "root/etc", "root/tmp"] { try Files.makeDirectories(directory.file(name)) }
        try Testbed.run(["cp", "/bin/busybox", directory.file("root/bin/busybox")])
        let programs = [
            "sh", "true", "false", "cat", "echo", "id", "ls", "env", "pwd", "hostname", "mount", "mknod", "touch",
            "sleep", "test", "stty", "kill", "ip", "grep", "head", "wc", "readlink", "stat", "umount", "ulimit",
        ]
        for program in programs {
            try Files.makeSymlink(KernelPath(directory.file("root/bin/\(program)")), target: "busybox")
        }
        try write("root/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001:Ann:/home/ann:/bin/sh\n")
        try write("root/etc/group", "root:x:0:\nann:x:1001:\naudio:x:29:bob,ann\nvideo:x:44:ann\nother:x:45:bob\n")
    }

    func write(_ name: String, _ text: String) throws {
        let file = try Files.open(
            KernelPath(directory.file(name)), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.write(Array(text.utf8))
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Files.open(KernelPath(directory.file(name)), flags: O_RDONLY).readAll(), as: UTF8.self)
    }

    /// The root as a plain directory.
    func plainRoot() throws -> Descriptor {
        try Files.openDirectory(KernelPath(directory.file("root")))
    }

    /// The root under a new upper directory, which is `upper<n>` for the nth call.
    func root() throws -> Descriptor {
        containers += 1
        let names = ["upper\(containers)", "work\(containers)"].map { KernelPath(directory.file($0)) }
        for name in names { try Files.makeDirectory(name) }
        let lower = try plainRoot()
        let upper = try Files.openDirectory(names[0])
        let work = try Files.openDirectory(names[1])
        return try Mounts.overlay(
            OverlayLayers(lower: [lower.reference], writable: (upper.reference, work.reference)))
    }

    /// Control groups of one test.
    static func groupPath(_ name: String) -> ControlGroupPath {
        .absolute(BytePath(["varve-test", ByteName("\(name)-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")]))
    }

    static func specification(_ arguments: [String]) -> Specification {
        Specification.standard(
            process: .init(
                arguments: arguments.map { ByteName($0) },
                environment: ["PATH=/usr/bin:/bin", "NAME=value with blank"],
                capabilities: .init(.standard)),
            hostname: "box")
    }

    /// Runs a shell script in a container to its end.
    func sh(_ script: String, _ change: (inout Specification) -> Void = { _ in }) throws -> Outcome {
        try run(["sh", "-c", script], change)
    }

    /// Runs a program in a container to its end.
    func run(
        _ arguments: [String], _ change: (inout Specification) -> Void = { _ in }, input: Int32? = nil,
        makesWorkingDirectory: Bool = false
    ) throws -> Outcome {
        var specification = Box.specification(arguments)
        change(&specification)
        let output = try Files.open("/tmp", flags: O_RDWR | 0o20_200_000, mode: 0o600)
        let errors = try Files.open("/tmp", flags: O_RDWR | 0o20_200_000, mode: 0o600)
        let streams = StandardStreams(input: input, output: output.raw, errors: errors.raw)
        let process = try Runtime.run(
            specification, rootfs: try root(),
            options: RunOptions(streams: streams, makesWorkingDirectory: makesWorkingDirectory))
        let made = process.madePaths
        let status = try process.wait()
        return Outcome(status: status, output: try Box.all(output), errors: try Box.all(errors), made: made)
    }

    private static func all(_ file: borrowing Descriptor) throws -> String {
        lseek(file.raw, 0, SEEK_SET)
        return String(decoding: try file.readAll(), as: UTF8.self)
    }
}

/// What a container left.
struct Outcome {
    let status: Int32
    let output: String
    let errors: String
    let made: [MadePath]

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// Two ends of a pipe.
struct Pipe: ~Copyable {
    let reader: Descriptor
    let writer: Descriptor

    init() throws {
        var ends: [Int32] = [-1, -1]
        try system("make pipe", "") { pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reader = Descriptor(owning: ends[0])
        writer = Descriptor(owning: ends[1])
    }
}

/// Runs `body` on a thread of its own.
func onThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let failure = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, work.toOpaque())
    precondition(failure == 0)
    return thread
}
