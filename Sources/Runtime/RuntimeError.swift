import Linux
import Model

/// What the runtime could not do.
public struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a caller may want to tell apart.
    public enum Kind: Hashable, Sendable {
        /// The container's program is not there (a shell says 127).
        case notFound
        /// The container's program is there and can't be executed (a shell says 126).
        case notExecutable
        /// The specification asks for what this runtime does not do.
        case refused
        /// The kernel refused a step (an engine says 125).
        case failed
    }

    public let kind: Kind
    public let operation: String
    public let subject: String
    public let cause: String
    /// What to do about it; nil where there is nothing.
    public let hint: String?
    /// What had been made in the root by then, and is still there.
    public internal(set) var madePaths: [MadePath] = []

    public init(_ kind: Kind, _ operation: String, _ subject: String, _ cause: String, hint: String? = nil) {
        self.hint = hint
        self.kind = kind
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    /// A system call that failed while the runtime did `operation`. The call's own subject is told only where it is
    /// another.
    init(_ operation: String, _ subject: String, _ error: SystemError) {
        let isAbout = error.subject.isEmpty || error.subject == subject || error.subject.hasPrefix("descriptor ")
        self.init(.failed, operation, subject, isAbout ? error.cause : error.description)
    }

    public var description: String {
        [operation, subject, cause].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Runs `body`, and turns a failed system call into an error of this module.
func doing<Result: ~Copyable>(
    _ operation: String, _ subject: @autoclosure () -> String = "", _ body: () throws(SystemError) -> Result
) throws(RuntimeError) -> Result {
    do throws(SystemError) { return try body() } catch { throw RuntimeError(operation, subject(), error) }
}
