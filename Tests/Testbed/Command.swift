import Glibc
import Linux

/// What a finished program left behind.
public struct CommandResult: Sendable {
    public let status: Int32
    public let output: [UInt8]
    public let errors: String
    public var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a program found on PATH to its end.
/// - Parameters:
///   - environment: added to this process's own.
///   - input: what it reads on standard input.
@discardableResult
public func run(
    _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = []
) throws -> CommandResult {
    let scratch = try ScratchFile.make()
    let errors = try ScratchFile.make()
    let given = try ScratchFile.make(contents: input)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, given.descriptor.raw, 0)
    posix_spawn_file_actions_adddup2(&actions, scratch.descriptor.raw, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.descriptor.raw, 2)

    var variables: [String: String] = [:]
    var entry = environ
    while let pointer = entry.pointee {
        let pair = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        variables[String(pair[0])] = String(pair.last ?? "")
        entry += 1
    }
    variables.merge(environment) { $1 }

    let argv = arguments.map { strdup($0) } + [nil]
    let envp = variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }

    // Threads of the test runner block signals; a shell that inherits a blocked SIGCHLD waits for ever.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var pid: pid_t = 0
    let failure = posix_spawnp(&pid, arguments[0], &actions, &attributes, argv, envp)
    guard failure == 0 else { throw SystemError("start", arguments[0], Errno(rawValue: failure)) }
    let isLate = try killIfLate(pid)
    var status: Int32 = 0
    try system("wait for", arguments[0]) { waitpid(pid, &status, 0) }
    let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    let text = String(decoding: try errors.contents(), as: UTF8.self)
    return CommandResult(
        status: code, output: try scratch.contents(),
        errors: isLate ? "\(text)killed: it did not end within \(longest) seconds\n" : text)
}

/// What waits for what never comes must not keep all other tests from being run.
private let longest: Int32 = 600

private func killIfLate(_ pid: pid_t) throws -> Bool {
    let process = try ProcessHandle.open(pid)
    var request = pollfd(fd: process.descriptor.raw, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, longest * 1000) == 0 else { return false }
    try process.send(signal: SIGKILL)
    return true
}

/// An unnamed file, so that no pipe can fill up while nobody reads.
private struct ScratchFile: ~Copyable {
    let descriptor: Descriptor

    static func make(contents: [UInt8] = []) throws -> ScratchFile {
        let file = ScratchFile(
            descriptor: Descriptor(
                owning: try system("make scratch file", "/tmp") {
                    open("/tmp", 0o20_200_000 | O_RDWR | O_CLOEXEC, 0o600)
                }))
        try file.descriptor.write(contents)
        lseek(file.descriptor.raw, 0, SEEK_SET)
        return file
    }

    func contents() throws -> [UInt8] {
        lseek(descriptor.raw, 0, SEEK_SET)
        return try descriptor.readAll()
    }
}

/// Whether privileged tests can run. Use as `@Test(.enabled(if: isRoot))`.
public let isRoot = geteuid() == 0
