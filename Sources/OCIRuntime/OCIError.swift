/// What an operation on a container could not do.
///
/// The causes are worded as users of OCI runtimes expect: engines look for `container does not exist`, `container not
/// running` and their like in what a runtime says.
public struct OCIError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// There is no container of this id.
        case unknown
        /// The id is taken.
        case exists
        /// The container is in a state in which this can't be done.
        case wrongState
        /// What was asked for can't be meant, or is not implemented.
        case refused
        /// The kernel or a hook refused.
        case failed
    }

    public let kind: Kind
    public let operation: String
    public let subject: String
    public let cause: String
    /// What to do about it; nil where there is nothing.
    public let hint: String?

    public init(_ kind: Kind, _ operation: String, _ subject: String, _ cause: String, hint: String? = nil) {
        self.kind = kind
        self.operation = operation
        self.subject = subject
        self.cause = cause
        self.hint = hint
    }

    public var description: String { "\(operation): \(subject): \(cause)" }

    static func unknown(_ id: ContainerID) -> OCIError {
        OCIError(.unknown, "find container", id.text, "container does not exist")
    }

    static func notRunning(_ operation: String, _ id: ContainerID) -> OCIError {
        OCIError(.wrongState, operation, id.text, "container not running")
    }
}
