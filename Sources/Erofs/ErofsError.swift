import Linux
import Model

/// A metadata image that could not be written or read: what was tried, on what, and why.
public struct ErofsError: Error, Sendable, CustomStringConvertible {
    public enum Cause: Error {
        /// The inodes given do not form a tree that an image can hold. The text says which rule is broken.
        case malformed(String)
        /// The tree needs more than the on-disk format can express. The text names the limit.
        case limit(String)
        /// The bytes are not an image that `MetadataImage.write` makes. The text says what is wrong.
        case damaged(String)
        case system(SystemError)
        /// The caller could not hand over the body with this id.
        case body(ObjectID, any Error)
    }

    public var operation: String
    /// The path inside the tree or the place in the image; empty where the whole image is meant.
    public var subject: String
    public var cause: Cause

    init(_ cause: Cause, subject: String = "", operation: String = "write metadata image") {
        self.operation = operation
        self.subject = subject
        self.cause = cause
    }

    public var description: String {
        let reason =
            switch cause {
            case .malformed(let text), .limit(let text), .damaged(let text): text
            case .system(let error): error.description
            case .body(let id, let error): "body \(id): \(error)"
            }
        return subject.isEmpty ? "\(operation): \(reason)" : "\(operation): \(subject): \(reason)"
    }
}
