import Linux

/// What was tried with an image or archive, on which, and why it failed.
public struct ImagesError: Error, Hashable, Sendable, CustomStringConvertible {
    public var operation: String
    /// The archive as the caller named it, and the entry where there is one.
    public var subject: String
    public var reason: String

    public init(_ operation: String, _ subject: String, _ reason: String) {
        self.operation = operation
        self.subject = subject
        self.reason = reason
    }

    public var description: String { "\(operation): \(subject): \(reason)" }
}
