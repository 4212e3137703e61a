import Linux
import Model
import ObjectStore

/// A source some of whose bodies have provisional ids (``Capture/givesProvisionalIDs``).
public protocol ProvisionalSource: ObjectSource {
    /// The id of the body itself, which is read for this; `id` where that is one already.
    func settled(_ id: ObjectID) throws -> ObjectID

    /// Keeps a directory in memory, so that it need not be written and hashed, nor read again.
    /// - Parameter id: provisional, or that of the directory's tree.
    func keep(_ directory: Directory, as id: ObjectID)

    /// What ``keep(_:as:)`` was given; nil for any other id.
    func kept(_ id: ObjectID) -> Directory?
}

extension ObjectID {
    /// Stands for a body that nobody has read: the same for all names of one file, and like no other.
    static func provisional(for status: FileStatus) -> ObjectID {
        provisional(inode: status.inode, changed: status.changed)
    }

    /// Of files that were not looked at closely: no inode has this number.
    static let unseen = provisional(inode: 0)

    static func provisional(inode: UInt64, changed: Timestamp = Timestamp(seconds: 0)) -> ObjectID {
        // One upper directory is on one filesystem. That a body's SHA-1 looks like this can't be brought about.
        let time = UInt64(bitPattern: changed.seconds) &* 1_000_000_000 &+ UInt64(changed.nanoseconds)
        var words = (UInt64.max.bigEndian, inode.bigEndian, time.bigEndian)
        return withUnsafeBytes(of: &words) { ObjectID(loading: $0.baseAddress.unsafelyUnwrapped + 4) }
    }
}

extension FileStatus {
    /// Whether the content could be that of `node`.
    func hasSize(of node: Node?) -> Bool {
        guard case .leaf(let attributes, _)? = node else { return false }
        return attributes.kind == .regular && attributes.size == size
    }
}
