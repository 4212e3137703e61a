import Linux
import Model

/// Collects new objects: they exist for others when ``finish()`` returns, or not at all.
///
/// What it holds can be read back before that. Without `finish()`, its temporary files go with it.
public final class ObjectWriter: ObjectSink, ObjectSource {
    private let store: ObjectStore
    private let pack: PackBuilder
    private let bodies: PendingBodies
    /// What is not written since it is there must stay there.
    private let hold: CollectionHold?
    private var isFinished = false

    init(to store: ObjectStore) throws(StoreError) {
        self.store = store
        hold = try store.holdOffCollection()
        pack = try PackBuilder(in: try store.openPackDirectory())
        bodies = PendingBodies(in: store.pool)
    }

    deinit {
        // There is nobody to tell; what stays is garbage that nothing looks at.
        do throws(StoreError) { try abandon() } catch {}
    }

    @discardableResult
    public func add(_ kind: ObjectKind, _ bytes: [UInt8]) throws(StoreError) -> ObjectID {
        try checkOpen()
        let id = ObjectHash.id(of: kind, bytes)
        if let added = try pack.object(id) {
            guard added.kind == kind, added.bytes == bytes else { throw StoreError("add object", id.hex, .collision) }
            return id
        }
        if try !store.holds(kind, id, bytes) { try pack.append(kind, id: id, bytes) }
        return id
    }

    public func addBody(
        from file: borrowing Descriptor, size: UInt64, holes: [Range<UInt64>]
    ) throws(StoreError) -> ObjectID {
        try readingBody(from: file, size: size) { fill in
            try add(size: size, holes: holes, readsHoles: false, fill: fill)
        }
    }

    public func addBody(
        size: UInt64, holes: [Range<UInt64>], read: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> ObjectID {
        try add(size: size, holes: holes, readsHoles: true) { buffer, _ in try read(buffer) }
    }

    private func add(
        size: UInt64, holes: [Range<UInt64>], readsHoles: Bool,
        fill: (UnsafeMutableRawBufferPointer, UInt64) throws -> Int
    ) throws -> ObjectID {
        try checkOpen()
        // Small files are read in one go each, and no read of a file is cut short by a signal.
        try Interrupts.check()
        if ObjectStore.isPooled(size: size, holes: holes) {
            return try bodies.add(try BodyLayout(size: size, holes: holes), readsHoles: readsHoles, fill: fill)
        }
        return try add(.blob, try smallBody(size: Int(size), fill: fill))
    }

    public func read(_ id: ObjectID, as kind: ObjectKind) throws(StoreError) -> [UInt8] {
        guard let added = try pack.object(id) else { return try store.read(id, as: kind) }
        guard added.kind == kind else {
            throw StoreError("read \(kind.word)", id.hex, .corrupt("it is a \(added.kind.word)"))
        }
        return added.bytes
    }

    /// Whether it takes long to flush what was added.
    var isLarge: Bool { bodies.isLarge || pack.isLarge }

    private func checkOpen() throws(StoreError) {
        if isFinished { throw StoreError("add object", "", .invalid("this writer is finished")) }
    }

    /// Makes all that was added durable and visible: bodies first, then the pack whose trees name them.
    /// After an error nothing of the pack is visible, and the writer is of no more use.
    public func finish() throws(StoreError) {
        try publish()
        store.consolidateAfterWrite()
    }

    func publish() throws(StoreError) {
        try checkOpen()
        isFinished = true
        do throws(StoreError) {
            try publishAll()
        } catch {
            // The first error is the one to tell.
            do throws(StoreError) { try discard() } catch {}
            throw error
        }
    }

    private func publishAll() throws(StoreError) {
        let sealed = pack.isEmpty ? nil : try pack.seal()
        do throws(StoreError) {
            try store.checkpoint?(.sealed)
            if !bodies.isEmpty {
                try bodies.flush()
                try bodies.publish()
                try store.checkpoint?(.bodiesPublished)
            }
            guard let sealed else { return }
            try sealed.flush(in: pack.directory)
            try sealed.publish(in: pack.directory)
            store.packsChanged()
            try store.checkpoint?(.packPublished)
        } catch {
            do throws(StoreError) { try sealed?.discard(in: pack.directory) } catch {}
            throw error
        }
    }

    /// Gives up what was added.
    public func abandon() throws(StoreError) {
        isFinished = true
        try discard()
    }

    private func discard() throws(StoreError) {
        try pack.discard()
        try bodies.discard()
    }
}

/// Steps between which a process may be killed.
enum Checkpoint: Hashable, Sendable {
    case sealed, bodiesPublished, packPublished, operationRecorded, refMoved, refsMoved, basesMoved, applied
    case consolidatedPublished, consolidatedRemoved
    case logCut, repacked, packRemoved, bodyRemoved
}

/// A body that is stored whole.
func smallBody(
    size: Int, fill: (UnsafeMutableRawBufferPointer, UInt64) throws -> Int
) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: size) { memory, count in
        while count < size {
            let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: memory[count..<size]))
            let more = try fill(rest, UInt64(count))
            guard more > 0, more <= rest.count else {
                throw StoreError("read body", "", .changed("it ended at byte \(count) of \(size)"))
            }
            count += more
        }
    }
}
