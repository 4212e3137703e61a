import Linux
import Model

/// What was hashed before: a cache from a file's identity to the id of its body, like git's index.
///
/// An entry counts only while device, inode, size, mtime and ctime are all as they were. A file that changed so
/// shortly before it was hashed that a later change could bear the same ctime is not remembered ("racily clean",
/// git's Documentation/technical/racy-git.txt).
public struct FileIndex: Sendable {
    private struct Key: Hashable {
        let filesystem: DeviceNumber
        let inode: UInt64
        let size: UInt64
        let modified: Timestamp
        let changed: Timestamp

    }

    private static func key(_ status: FileStatus) -> Key {
        Key(
            filesystem: status.filesystem, inode: status.inode, size: status.size, modified: status.modified,
            changed: status.changed)
    }

    private struct Line {
        var id: ObjectID
        var isUsed: Bool
    }

    private var lines: [Key: Line] = [:]
    /// Files that changed after this moment are not remembered.
    private let trustedUntil: Timestamp
    /// Whether the encoded form differs from what was decoded.
    public private(set) var isChanged = false

    /// - Parameter now: the time when the look at the files starts, by the clock that the kernel stamps files with.
    public init(now: Timestamp) {
        // The kernel stamps files in steps of a timer tick, 10 ms at the slowest.
        let margin: UInt32 = 20_000_000
        trustedUntil =
            now.nanoseconds >= margin
            ? Timestamp(seconds: now.seconds, nanoseconds: now.nanoseconds - margin)
            : Timestamp(seconds: now.seconds - 1, nanoseconds: now.nanoseconds + 1_000_000_000 - margin)
    }

    public mutating func id(of status: FileStatus) -> ObjectID? {
        let key = Self.key(status)
        lines[key]?.isUsed = true
        return lines[key]?.id
    }

    public mutating func remember(_ id: ObjectID, of status: FileStatus) {
        guard status.changed < trustedUntil, status.modified < trustedUntil else { return }
        lines[Self.key(status)] = Line(id: id, isUsed: true)
        isChanged = true
    }
}

extension FileIndex {
    private static let header = "varve index 1"

    /// Takes what ``encoded()`` gave; anything else, such as a file cut short by a power cut, counts as empty.
    public init(decoding bytes: [UInt8], now: Timestamp) {
        self.init(now: now)
        let text = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard text.count >= 3, text[0].elementsEqual(Self.header.utf8), text[text.count - 1].isEmpty,
            text[text.count - 2].elementsEqual("end \(text.count - 3)".utf8)
        else { return }
        var decoded: [Key: Line] = [:]
        for line in text[1..<(text.count - 2)] {
            guard let (key, id) = Self.parse(line) else { return }
            decoded[key] = Line(id: id, isUsed: false)
        }
        lines = decoded
    }

    /// A line for each file that was looked up or remembered; the others are gone.
    public func encoded() -> [UInt8] {
        let used = lines.filter(\.value.isUsed)
        var text = [Self.header]
        for (key, line) in used.sorted(by: { ($0.key.inode, $0.value.id) < ($1.key.inode, $1.value.id) }) {
            let device = "\(key.filesystem.major) \(key.filesystem.minor)"
            let times =
                "\(key.modified.seconds) \(key.modified.nanoseconds) \(key.changed.seconds) \(key.changed.nanoseconds)"
            text.append("\(device) \(key.inode) \(key.size) \(times) \(line.id.hex)")
        }
        text.append("end \(used.count)")
        return Array((text.joined(separator: "\n") + "\n").utf8)
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> (Key, ObjectID)? {
        let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard fields.count == 9, let major = UInt32(fields[0]), let minor = UInt32(fields[1]),
            let inode = UInt64(fields[2]), let size = UInt64(fields[3]),
            let modified = timestamp(fields[4], fields[5]), let changed = timestamp(fields[6], fields[7]),
            let id = ObjectID(hex: fields[8])
        else { return nil }
        let device = DeviceNumber(major: major, minor: minor)
        return (Key(filesystem: device, inode: inode, size: size, modified: modified, changed: changed), id)
    }

    private static func timestamp(_ seconds: Substring, _ nanoseconds: Substring) -> Timestamp? {
        guard let seconds = Int64(seconds), let nanoseconds = UInt32(nanoseconds), nanoseconds < 1_000_000_000 else {
            return nil
        }
        return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    }
}
