import CLinux
import Glibc

/// A copy of this process that does something else: a child without a thread beside its own.
public struct ForkedProcess: ~Copyable {
    public let pid: Int32

    /// Starts it in a session of its own. Not for a process with several threads.
    /// - Parameter body: what it does.
    public static func start(_ body: () -> Never) throws(SystemError) -> ForkedProcess {
        let pid = try system("start process", "") { varve_fork() }
        guard pid == 0 else { return ForkedProcess(pid: pid) }
        // Fails only for the leader of a group, which a new process is not.
        _ = varve_start_session()
        body()
    }

    /// Waits for its end: its exit code, or 128 + the signal that ended it.
    public consuming func wait() throws(SystemError) -> Int32 {
        let child = pid
        return try system("wait for", "process \(pid)") { varve_wait(child) }
    }

    /// Ends it at once, and waits.
    public consuming func end() throws(SystemError) {
        kill(pid, SIGKILL)
        _ = try wait()
    }
}

/// An executable file by descriptor.
public struct Executable: ~Copyable {
    private let file: Descriptor

    public init(owning file: consuming Descriptor) { self.file = file }

    /// - Throws: ENOENT where there is none, EACCES where it can't be executed.
    public init(_ path: String) throws(SystemError) {
        try system("execute", path) { access(path, X_OK) }
        file = try Files.open(KernelPath(path), flags: O_PATH)
    }

    /// This process's own.
    public static func own() throws(SystemError) -> Executable {
        Executable(owning: try Files.open("/proc/self/exe", flags: O_PATH))
    }

    public var descriptor: Int32 { file.raw }

    /// Becomes this program.
    /// - Parameters:
    ///   - given: borrowed descriptors that become 3, 4 and so on; -1 leaves one out. No other stays open, and the standard
    ///     streams are the null device.
    /// - Returns: only where it can't, and with descriptors laid over.
    public func become(_ words: [String], environment: [String], given: [Int32]) -> SystemError {
        let file = file.raw
        return Self.withVectors(words, environment) { arguments, variables in
            varve_become(file, arguments, variables, given, given.count)
            return SystemError("execute", words.first ?? "", Errno.last)
        }
    }

    /// Starts this program in a process and a session of its own, which outlives this one, and returns when it is being executed.
    /// Parameters as of ``become(_:environment:given:)``.
    public func start(_ words: [String], environment: [String], given: [Int32]) throws(SystemError) {
        let file = file.raw
        let (result, error) = Self.withVectors(words, environment) { arguments, variables in
            (varve_spawn(file, arguments, variables, given, given.count), Errno.last)
        }
        if result < 0 { throw SystemError("execute", words.first ?? "", error) }
    }

    private static func withVectors<Result>(
        _ words: [String], _ environment: [String],
        _ body: ([UnsafeMutablePointer<CChar>?], [UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        return body(arguments, variables)
    }
}
