import Glibc
import Model

/// Objects on their way into a pack.
struct PackBatch {
    private(set) var objects: [(kind: ObjectKind, id: ObjectID, bytes: [UInt8])] = []
    private(set) var byteCount = 0

    mutating func append(_ kind: ObjectKind, id: ObjectID, _ bytes: [UInt8]) {
        objects.append((kind, id, bytes))
        byteCount += bytes.count
    }

    /// The entries as they stand in a pack, one after another.
    func packed(with deflater: Deflater) throws(StoreError) -> Packed {
        var result = Packed()
        for object in objects {
            let start = result.bytes.count
            Self.appendHeader(object.kind, size: object.bytes.count, to: &result.bytes)
            try deflater.compress(object.bytes, into: &result.bytes)
            let check = result.bytes.withUnsafeBytes { crc(UnsafeRawBufferPointer(rebasing: $0[start...])) }
            result.entries.append(PackEntry(id: object.id, crc: check, offset: UInt64(start)))
        }
        return result
    }

    /// Type and size: four bits of the size in the first byte, seven in each that follows, lowest first.
    private static func appendHeader(_ kind: ObjectKind, size: Int, to bytes: inout [UInt8]) {
        var rest = size >> 4
        var byte = kind.packType << 4 | UInt8(size & 15)
        while rest > 0 {
            bytes.append(byte | 0x80)
            byte = UInt8(rest & 0x7f)
            rest >>= 7
        }
        bytes.append(byte)
    }

    struct Packed {
        var bytes: [UInt8] = []
        /// Offsets are in `bytes`.
        var entries: [PackEntry] = []
    }
}

/// Packs one batch on a thread of its own, while the caller reads and hashes what comes next. Compressing
/// takes about as long as all else that an import does with its small files.
final class PackingThread {
    private let batch: PackBatch
    private let deflater: Deflater
    private var result: Result<PackBatch.Packed, StoreError>?
    private var thread = pthread_t()

    /// The deflater is this thread's until ``join()``.
    static func start(_ batch: PackBatch, deflater: Deflater) throws(StoreError) -> PackingThread {
        let work = PackingThread(batch, deflater)
        let held = Unmanaged.passRetained(work)
        let code = pthread_create(
            &work.thread, nil,
            { context in
                if let context { Unmanaged<PackingThread>.fromOpaque(context).takeUnretainedValue().run() }
                return nil
            }, held.toOpaque())
        guard code == 0 else {
            held.release()
            throw StoreError("start thread", "", .invalid("error \(code)"))
        }
        return work
    }

    private init(_ batch: PackBatch, _ deflater: Deflater) {
        self.batch = batch
        self.deflater = deflater
    }

    private func run() {
        do throws(StoreError) { result = .success(try batch.packed(with: deflater)) } catch { result = .failure(error) }
    }

    /// Waits for the thread. To be called once, whatever becomes of the pack.
    func join() throws(StoreError) -> PackBatch.Packed {
        pthread_join(thread, nil)
        Unmanaged.passUnretained(self).release()
        guard let result else { throw StoreError("compress", "", .invalid("its thread ended without a result")) }
        return try result.get()
    }
}
