import Images
import Linux
import Model
import ObjectStore

/// Objects and bodies of one input. Their ids are not git's, but any that the content gives do.
final class MemoryObjects: ObjectSink, ObjectSource {
    private(set) var bodies: [ObjectID: [UInt8]] = [:]
    private var objects: [ObjectID: [UInt8]] = [:]

    func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8] {
        guard let bytes = objects[id] else { throw StoreError("read \(kind.word)", id.hex, .missing) }
        return bytes
    }

    @discardableResult
    func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws(StoreError) -> ObjectID {
        let id = Self.id(kind, bytes)
        objects[id] = bytes
        return id
    }

    func addBody(
        size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> ObjectID {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4093, alignment: 1)
        defer { buffer.deallocate() }
        var body: [UInt8] = []
        while true {
            let count = try read(buffer)
            if count == 0 { break }
            body.append(contentsOf: buffer[..<count])
        }
        try Finding.expect(UInt64(body.count) == size, "a body of \(size) bytes has \(body.count)")
        for hole in holes {
            try Finding.expect(
                body[Int(hole.lowerBound)..<Int(hole.upperBound)].allSatisfy { $0 == 0 }, "a hole has data")
        }
        let id = Self.id(.blob, body)
        bodies[id] = body
        return id
    }

    func addBody(
        from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(StoreError) -> ObjectID {
        throw StoreError("read body", "", .missing)
    }

    private static func id(_ kind: ObjectKind, _ bytes: [UInt8]) -> ObjectID {
        ObjectID(bytes: Digest.sha256(of: Array(kind.word.utf8) + bytes).bytes.prefix(20)) ?? .emptyTree
    }
}
