import Glibc
import Linux
import Model

/// A file's body as it is stored.
public enum Body: ~Copyable {
    case inline([UInt8])
    /// A file of the pool, open for reading.
    case file(Descriptor)
}

extension ObjectStore {
    /// Whether a body lives in the pool: above the threshold, or with holes of any size.
    public static func isPooled(size: UInt64, holes: [Range<UInt64>]) -> Bool {
        size > poolThreshold || !holes.isEmpty
    }

    /// Where a body is, relative to the pool: `ab/cdef…`.
    public static func poolPath(of id: ObjectID) -> [UInt8] { Array(Pool.path(of: id).utf8) }

    /// The directory of raw bodies.
    public var poolDirectory: String { "\(root)/pool" }

    /// Whether ``body(_:size:holes:)`` would find the body where its size and holes say it is. The same bytes may be
    /// in a pack already, as a body without holes; and in the pool with fewer holes.
    public func containsBody(
        _ id: ObjectID, size: UInt64, holes: [Range<UInt64>]
    ) throws(StoreError) -> Bool {
        guard Self.isPooled(size: size, holes: holes) else { return try contains(id) }
        guard let file = try pool.open(id) else { return false }
        let wanted = holes.reduce(0) { $0 + UInt64($1.count) }
        do throws(SystemError) {
            guard try file.status().size == size else { return false }
            if wanted == 0 { return true }
            return try file.holeBytes(size: size) >= wanted
        } catch { throw StoreError("look at body", id.hex, .system(error)) }
    }

    /// A body, from where its size and holes say it is. Fails with `missing`, or `corrupt` where its size is another.
    public func body(_ id: ObjectID, size: UInt64, holes: [Range<UInt64>]) throws(StoreError) -> Body {
        guard Self.isPooled(size: size, holes: holes) else {
            let bytes = try read(id, as: .blob)
            guard bytes.count == size else {
                throw StoreError("read body", id.hex, .corrupt("it has \(bytes.count) bytes, not \(size)"))
            }
            return .inline(bytes)
        }
        guard let file = try pool.open(id) else { throw StoreError("read body", id.hex, .missing) }
        let actual = try attempt("look at body", id.hex) { () throws(SystemError) in try file.status().size }
        guard actual == size else {
            throw StoreError("read body", id.hex, .corrupt("it has \(actual) bytes, not \(size)"))
        }
        return .file(file)
    }
}
