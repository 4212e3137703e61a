import CLinux
import Glibc
import Linux
import Model

extension Specification.Hook {
    /// Runs it in the caller's namespaces and returns when it has ended well.
    /// - Parameter state: the container's state, which it reads on standard input.
    public func run(state: [UInt8]) throws(RuntimeError) {
        let outcome: Program.Outcome
        do throws(SystemError) {
            outcome = try Program(path, arguments: words, environment: environment)
                .run(input: state, within: timeout.map { $0 * 1000 } ?? Self.longTime)
        } catch { throw RuntimeError(.failed, "run hook", path, error.cause) }
        guard outcome.status == 0 else {
            let said = outcome.errors.split(separator: UInt8(ascii: "\n")).first.map {
                ": \(Escaping.displayed(Array($0)))"
            }
            throw failure("exit status \(outcome.status)\(said ?? "")")
        }
    }

    /// Its arguments with its own name first.
    var words: [String] { arguments.isEmpty ? [path] : arguments }

    func failure(_ cause: String) -> RuntimeError { RuntimeError(.failed, "run hook", path, cause) }

    /// Milliseconds, for a hook without a timeout: 24 days.
    private static let longTime = Int(Int32.max)

    /// Milliseconds, or -1 for any time.
    var limit: Int32 { timeout.map { Int32(clamping: $0 * 1000) } ?? -1 }
}

extension Runtime {
    /// Runs the hooks of a stage one after the other; the first that fails ends it.
    public static func run(_ hooks: [Specification.Hook], state: [UInt8]) throws(RuntimeError) {
        for hook in hooks { try hook.run(state: state) }
    }

    /// Runs the `startContainer` hooks inside a created container, as its process would: for whoever opens its gate, before
    /// that is done. When one fails the container must not be started.
    public static func runStartHooks(
        of specification: Specification, in process: borrowing ProcessHandle, state: [UInt8],
        seccompCache: SeccompCache? = nil
    ) throws(RuntimeError) {
        if specification.hooks.startContainer.isEmpty { return }
        let container = try LiveContainer.open(process)
        for hook in specification.hooks.startContainer {
            try run(hook, of: specification, in: container, state, seccompCache)
        }
    }

    private static func run(
        _ hook: Specification.Hook, of specification: Specification, in container: borrowing LiveContainer,
        _ state: [UInt8], _ seccompCache: SeccompCache?
    ) throws(RuntimeError) {
        let input = try doing("run hook", hook.path) { () throws(SystemError) in try HookInput.open(state) }
        var process = specification.process
        process.hasTerminal = false
        process.arguments = hook.words.map { ByteName($0) }
        process.environment = hook.environment.map { ByteName($0) }
        var options = EnterOptions(streams: StandardStreams(input: input.raw, output: nil, errors: nil))
        options.seccomp = specification.linux.seccomp
        options.seccompCache = seccompCache
        options.personality = specification.linux.personality
        options.program = ByteName(hook.path)
        let running = try enter(container, process, options: options)
        let hasEnded = try doing("run hook", hook.path) { () throws(SystemError) in
            var end = pollfd(fd: running.process.descriptor.raw, events: Int16(POLLIN), revents: 0)
            let count = try system("wait for", "hook") { poll(&end, 1, hook.limit) }
            if count == 0 { try running.process.send(signal: SIGKILL) }
            return count > 0
        }
        let status = try running.wait()
        guard hasEnded else { throw hook.failure("\(Errno.timedOut)") }
        guard status == 0 else { throw hook.failure("exit status \(status)") }
    }
}

/// The container's state as a file that hooks read.
enum HookInput {
    static func open(_ state: [UInt8]) throws(SystemError) -> Descriptor {
        let file = Descriptor(owning: try system("make input for", "hook") { varve_memory_file("varve-state") })
        try write(state, to: file)
        return file
    }

    /// Replaces what the file holds, to be read from its start.
    static func write(_ state: [UInt8], to file: borrowing Descriptor) throws(SystemError) {
        try file.write(state)
        let raw = file.raw
        try system("rewind", "hook input") { lseek(raw, 0, SEEK_SET) }
    }
}
