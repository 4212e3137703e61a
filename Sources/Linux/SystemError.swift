import CLinux
import Glibc
import Model

/// An `errno` value.
public struct Errno: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The calling thread's `errno`. Read it in the expression that made the call.
    public static var last: Errno { Errno(rawValue: errno) }

    public static let notPermitted = Errno(rawValue: EPERM)
    public static let noEntry = Errno(rawValue: ENOENT)
    public static let accessDenied = Errno(rawValue: EACCES)
    public static let exists = Errno(rawValue: EEXIST)
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    public static let isDirectory = Errno(rawValue: EISDIR)
    public static let invalid = Errno(rawValue: EINVAL)
    public static let noSpace = Errno(rawValue: ENOSPC)
    public static let readOnly = Errno(rawValue: EROFS)
    public static let notEmpty = Errno(rawValue: ENOTEMPTY)
    public static let loop = Errno(rawValue: ELOOP)
    public static let noData = Errno(rawValue: ENODATA)
    public static let range = Errno(rawValue: ERANGE)
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    public static let noSystemCall = Errno(rawValue: ENOSYS)
    public static let interrupted = Errno(rawValue: EINTR)
    public static let wouldBlock = Errno(rawValue: EAGAIN)
    public static let crossDevice = Errno(rawValue: EXDEV)
    public static let noSuchProcess = Errno(rawValue: ESRCH)
    public static let noDevice = Errno(rawValue: ENODEV)
    public static let busy = Errno(rawValue: EBUSY)
    public static let noSeek = Errno(rawValue: ESPIPE)
    public static let noAddress = Errno(rawValue: ENXIO)
    public static let tooLong = Errno(rawValue: ENAMETOOLONG)
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
    public static let notBlockDevice = Errno(rawValue: ENOTBLK)
    public static let brokenPipe = Errno(rawValue: EPIPE)
}

extension Errno {
    /// Whether a kernel or filesystem says by it that it lacks something, so that trying again is of no use. EPERM is
    /// none of these: it may as well mean that another user could.
    public var tellsOfLack: Bool {
        switch self {
        case .invalid, .notSupported, .noSystemCall, .noDevice, .notBlockDevice, .isDirectory: true
        default: false
        }
    }
}

extension Errno: CustomStringConvertible {
    /// The C library's text for it, such as `No such file or directory`.
    public var description: String {
        var buffer = [CChar](repeating: 0, count: 256)
        return String(cString: varve_strerror(rawValue, &buffer, buffer.count))
    }
}

/// A system call that failed: what was tried, on what, and why.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    public var operation: String
    public var subject: String
    public var errno: Errno
    /// What the kernel said beside the number, where it says anything; otherwise empty.
    public var detail = ""

    public init(_ operation: String, _ subject: String, _ errno: Errno) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
    }

    public var description: String {
        subject.isEmpty ? "\(operation): \(cause)" : "\(operation): \(subject): \(cause)"
    }

    /// Whether the disk, or what may be used of it, is full.
    public var isWantOfRoom: Bool { errno == .noSpace || errno == Errno(rawValue: EDQUOT) }

    /// Why, alone.
    public var cause: String { detail.isEmpty ? "\(errno)" : "\(errno) (\(detail))" }
}

/// The one way to the kernel: calls again when interrupted (unless by a signal that asks to stop), and turns -1 into an error.
@discardableResult
public func system<Result: FixedWidthInteger & SignedNumeric>(
    _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let error = Errno.last
        if error != .interrupted || varve_was_interrupted() != 0 { throw SystemError(operation(), subject(), error) }
    }
}
