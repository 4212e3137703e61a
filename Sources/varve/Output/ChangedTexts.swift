import Model
import ObjectStore
import Snapshot

/// The texts on both sides of a change.
struct ChangedTexts {
    enum Content {
        case text(old: [UInt8], new: [UInt8])
        case binary
    }

    /// Larger files are told to differ, and not shown.
    private static let maximumSize: UInt64 = 8 << 20

    /// Nil where neither side has a body.
    static func of(_ change: Change, _ source: any ObjectSource) throws -> Content? {
        guard let old = try side(change.old, source), let new = try side(change.new, source) else { return .binary }
        guard old.hasBody || new.hasBody else { return nil }
        if TextPatch.isBinary(old.bytes) || TextPatch.isBinary(new.bytes) { return .binary }
        return .text(old: old.bytes, new: new.bytes)
    }

    /// Nil for what is too large or not at hand: a file of a container that is in no store yet.
    private static func side(
        _ node: Node?, _ source: any ObjectSource
    ) throws -> (bytes: [UInt8], hasBody: Bool)? {
        guard case .leaf(let attributes, let body)? = node, attributes.hasBody else { return ([], false) }
        guard attributes.size <= maximumSize else { return nil }
        return (try source.read(body, as: .blob), true)
    }
}
