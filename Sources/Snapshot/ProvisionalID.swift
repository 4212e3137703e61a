import Linux
import Model
import ObjectStore

/// A source some of whose bodies have provisional ids (``Capture/givesProvisionalIDs``).
public protocol ProvisionalSource: ObjectSource {
    /// The id of the body itself, which is read for this; `id` where that is one already.
    func settled(_ id: ObjectID) throws -> ObjectID
}

extension ObjectID {
    /// Stands for a body that nobody has read: the same for all names of one file, and like no other.
    static func provisional(for status: FileStatus) -> ObjectID {
        let file = [
            UInt64(status.filesystem.major), UInt64(status.filesystem.minor), status.inode,
            UInt64(bitPattern: status.changed.seconds), UInt64(status.changed.nanoseconds),
        ]
        return ObjectID(hashing: .blob, Array("varve unread file\0".utf8) + file.flatMap { $0.bigEndianBytes })
    }
}

extension FileStatus {
    /// Whether the content could be that of `node`.
    func hasSize(of node: Node?) -> Bool {
        guard case .leaf(let attributes, _)? = node else { return false }
        return attributes.kind == .regular && attributes.size == size
    }
}

extension UInt64 {
    fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
