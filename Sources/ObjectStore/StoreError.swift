import CGit2
import Linux
import Model

/// What went wrong in the store: what was tried, on what, and why.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Cause: Hashable, Sendable {
        case system(SystemError)
        /// libgit2's error code and text.
        case git(code: Int32, message: String)
        /// There is no such object, ref or repository.
        case missing
        /// Two different contents have the same id.
        case collision
        /// A ref is not where the caller believed it to be; nil stands for "does not exist".
        case moved(expected: ObjectID?, actual: ObjectID?)
        /// More than one commit has that prefix: all of them, ascending.
        case ambiguous([ObjectID])
        /// The file changed while it was read.
        case changed(String)
        /// What is stored breaks its format.
        case corrupt(String)
        /// The operation is recorded, and so will happen, but could not be carried out to its end: why.
        case unfinished(String)
        /// What the caller gave can't be stored.
        case invalid(String)
    }

    public var operation: String
    public var subject: String
    public var cause: Cause

    public init(_ operation: String, _ subject: String, _ cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    public var description: String {
        subject.isEmpty ? "\(operation): \(cause)" : "\(operation): \(subject): \(cause)"
    }
}

extension StoreError.Cause: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .git(let code, let message): message.isEmpty ? "libgit2 error \(code)" : message
        case .missing: "not found"
        case .collision: "collision: other content is stored under this id"
        case .moved(let expected, let actual):
            "moved: expected \(expected?.short ?? "nothing"), found \(actual?.short ?? "nothing")"
        case .ambiguous(let ids): "ambiguous: \(ids.map(\.short).joined(separator: ", "))"
        case .changed(let how): "changed while it was read: \(how)"
        case .corrupt(let what): "corrupt: \(what)"
        case .unfinished(let why): "recorded; the next varve command completes it: \(why)"
        case .invalid(let why): why
        }
    }
}

/// Runs system calls and says what the store was doing when one fails.
func attempt<Result: ~Copyable>(
    _ operation: String, _ subject: @autoclosure () -> String, _ body: () throws(SystemError) -> Result
) throws(StoreError) -> Result {
    do throws(SystemError) { return try body() } catch {
        throw StoreError(operation, subject(), .system(error))
    }
}

/// The one way to libgit2: turns a negative result into an error, with the text libgit2 keeps for the thread.
@discardableResult
func git(
    _ operation: String, _ subject: @autoclosure () -> String, _ call: () -> Int32
) throws(StoreError) -> Int32 {
    let code = call()
    if code >= 0 { return code }
    let message = git_error_last().flatMap { $0.pointee.message }.map { String(cString: $0) } ?? ""
    if code == GIT_ENOTFOUND.rawValue { throw StoreError(operation, subject(), .missing) }
    throw StoreError(operation, subject(), .git(code: code, message: message))
}
