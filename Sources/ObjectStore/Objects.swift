import CGit2
import Linux
import Model

/// The kinds of git object that varve stores (annotated tags are not among them).
public enum ObjectKind: Hashable, Sendable {
    case commit, tree, blob

    /// As it stands in an object's header.
    public var word: String {
        switch self {
        case .commit: "commit"
        case .tree: "tree"
        case .blob: "blob"
        }
    }

    /// The type number of pack entries (gitformat-pack(5)).
    var packType: UInt8 {
        switch self {
        case .commit: 1
        case .tree: 2
        case .blob: 3
        }
    }

    init?(packType: UInt8) {
        switch packType {
        case 1: self = .commit
        case 2: self = .tree
        case 3: self = .blob
        default: return nil
        }
    }
}

/// What reads objects: the store, a writer that is not finished, or a scratch overlay.
public protocol ObjectSource: AnyObject {
    /// The content of an object. Fails with `missing`, or `corrupt` where the object is of another kind.
    func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8]
}

/// What takes objects.
public protocol ObjectSink: AnyObject {
    /// Takes one object whole. It goes to the pack whatever its size.
    @discardableResult
    func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws(StoreError) -> ObjectID

    /// Takes a regular file's body, streamed. Small ones go to the pack; those above
    /// ``ObjectStore/poolThreshold`` and all with holes go to the pool.
    /// - Parameters:
    ///   - file: open for reading; its position is left alone.
    ///   - size: what the file's size was when it was looked at. Another size now fails with `changed`.
    ///   - holes: as `Descriptor.holes(size:)` gives them: ascending, not empty, inside the file.
    func addBody(
        from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(StoreError) -> ObjectID

    /// Takes a body from a stream.
    /// - Parameters:
    ///   - size: of the whole body, holes included.
    ///   - holes: ascending, not empty, inside the body.
    ///   - read: fills the start of the buffer with the next bytes of the body and says how many; it is called
    ///     until `size` bytes have come and not again. 0 is the end, which before `size` fails with `changed`.
    ///     Holes are not left out: they come as zeros, and anything else there fails with `invalid`.
    ///     What it throws is thrown on.
    func addBody(
        size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> ObjectID
}
