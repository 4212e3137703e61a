import Linux
import Model
import ObjectStore

/// What was hashed before: a cache from a file's identity to the id of its body and its holes, like git's index.
///
/// An entry counts only while device, inode, size, mtime and ctime are all as they were. A file that changed so
/// shortly before it was hashed that a later change could bear the same ctime is not remembered ("racily clean",
/// git's Documentation/technical/racy-git.txt).
public struct FileIndex: Sendable {
    /// What a look at a file's bytes told.
    public struct Body: Sendable, Equatable {
        public var id: ObjectID
        /// As ``Model/Attributes/holes``.
        public var holes: [Range<UInt64>]

        public init(id: ObjectID, holes: [Range<UInt64>] = []) {
            self.id = id
            self.holes = holes
        }
    }

    struct Key: Hashable {
        let filesystem: DeviceNumber
        let inode: UInt64
        let size: UInt64
        let modified: Timestamp
        let changed: Timestamp
    }

    struct Line {
        var body: Body
        var isUsed: Bool
    }

    var lines: [Key: Line] = [:]
    /// Files that changed after this moment are not remembered.
    private let trustedUntil: Timestamp
    private var hasNewLines = false

    /// Whether ``encoded()`` would give something else than what was decoded: a line more, or one that nobody used.
    public var isChanged: Bool { hasNewLines || lines.values.contains { !$0.isUsed } }

    /// - Parameter now: the time when the look at the files starts, by the clock that the kernel stamps files with.
    public init(now: Timestamp) {
        // The kernel stamps files in steps of a timer tick, 10 ms at the slowest.
        let margin: UInt32 = 20_000_000
        trustedUntil =
            now.nanoseconds >= margin
            ? Timestamp(seconds: now.seconds, nanoseconds: now.nanoseconds - margin)
            : Timestamp(seconds: now.seconds - 1, nanoseconds: now.nanoseconds + 1_000_000_000 - margin)
    }

    /// What is known of the file; nil where it has to be read.
    public mutating func body(of status: FileStatus) -> Body? {
        guard let index = lines.index(forKey: Self.key(status)) else { return nil }
        lines.values[index].isUsed = true
        return lines.values[index].body
    }

    /// - Parameter status: from before the file was read.
    public mutating func remember(_ body: Body, of status: FileStatus) {
        guard status.changed < trustedUntil else { return }
        lines[Self.key(status)] = Line(body: body, isUsed: true)
        hasNewLines = true
    }

    private static func key(_ status: FileStatus) -> Key {
        Key(
            filesystem: status.filesystem, inode: status.inode, size: status.size, modified: status.modified,
            changed: status.changed)
    }
}
