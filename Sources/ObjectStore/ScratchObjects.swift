import Linux
import Model

/// Objects kept in memory over a store, for looking at what would be written. Bodies are only hashed.
public final class ScratchObjects: ObjectSink, ObjectSource {
    private let store: ObjectStore
    private var objects: [ObjectID: (kind: ObjectKind, bytes: [UInt8])] = [:]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)

    public init(over store: ObjectStore) { self.store = store }

    deinit { buffer.deallocate() }

    @discardableResult
    public func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws(StoreError) -> ObjectID {
        let id = ObjectHash.id(of: kind, bytes)
        objects[id] = (kind, bytes)
        return id
    }

    public func addBody(
        from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(StoreError) -> ObjectID {
        try readingBody(from: file, size: size) { fill in
            try BodyFile.scan(
                try BodyLayout(size: size, holes: holes), buffer: buffer, readsHoles: false, fill: fill
            ) { _, _ in }
        }
    }

    public func addBody(
        size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> ObjectID {
        let layout = try BodyLayout(size: size, holes: holes)
        return try BodyFile.scan(layout, buffer: buffer, readsHoles: true) { buffer, _ in
            try read(buffer)
        } write: { _, _ in
        }
    }

    public func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8] {
        guard let object = objects[id] else { return try store.read(id, as: kind) }
        guard object.kind == kind else {
            throw StoreError("read \(kind.word)", id.hex, .corrupt("it is a \(object.kind.word)"))
        }
        return object.bytes
    }
}
