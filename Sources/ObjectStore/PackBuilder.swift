import Glibc
import Linux
import Model

/// One entry of a pack: where it starts, and the CRC-32 of its packed bytes.
struct PackEntry {
    let id: ObjectID
    let crc: UInt32
    let offset: UInt64
}

/// Builds one pack (gitformat-pack(5), version 2, no deltas). Small packs stay in memory until they are
/// published; larger ones go to a temporary file in the pack directory as they grow.
final class PackBuilder {
    /// How many bytes are kept before they are written.
    private static let bufferLimit = 4 << 20

    let directory: Descriptor
    private(set) var entries: [PackEntry] = []
    private var positions: [ObjectID: Int] = [:]
    private var buffer: [UInt8]
    /// The offset in the pack of `buffer[0]`.
    private var flushed: UInt64 = 0
    private var spill: TemporaryFile?
    private let deflater: Deflater
    /// Objects that are not packed yet: in the thread, and before it.
    private var inThread = PackBatch()
    private var waiting = PackBatch()
    private var thread: PackingThread?

    /// How many bytes of objects make a batch for the thread; a small commit never needs one.
    private static let batchSize = 512 << 10

    /// - Parameter directory: `objects/pack`, which the builder keeps a descriptor of.
    init(in directory: consuming Descriptor) throws(StoreError) {
        self.directory = directory
        deflater = try Deflater()
        // The number of objects stands in bytes 8 to 11 and is known at the end.
        buffer = Array("PACK".utf8) + [0, 0, 0, 2, 0, 0, 0, 0]
    }

    deinit {
        // The thread works on what goes with this.
        if let thread { do throws(StoreError) { _ = try thread.join() } catch {} }
    }

    var isEmpty: Bool { positions.isEmpty }

    /// Whether it is more than what is kept in memory.
    var isLarge: Bool { spill != nil }

    /// How many objects have been added.
    var count: Int { positions.count }

    func contains(_ id: ObjectID) -> Bool { positions[id] != nil }

    func append(_ kind: ObjectKind, id: ObjectID, _ bytes: [UInt8]) throws(StoreError) {
        try number(id)
        waiting.append(kind, id: id, bytes)
        guard waiting.byteCount >= Self.batchSize else { return }
        try collect()
        thread = try PackingThread.start(waiting, deflater: deflater)
        inThread = waiting
        waiting = PackBatch()
    }

    /// Takes an entry of another pack as it is; it must not be a delta.
    func append(packed: UnsafeRawBufferPointer, id: ObjectID, crc: UInt32) throws(StoreError) {
        try number(id)
        entries.append(PackEntry(id: id, crc: crc, offset: flushed + UInt64(buffer.count)))
        buffer.append(contentsOf: packed)
        if buffer.count >= Self.bufferLimit { try flush() }
    }

    /// Objects have numbers in the order in which they come: entries, then those in the thread, then those waiting.
    private func number(_ id: ObjectID) throws(StoreError) {
        guard positions.count < Int(UInt32.max) else {
            throw StoreError("write pack", "", .invalid("more objects than a pack can hold"))
        }
        positions[id] = positions.count
    }

    /// Takes in what the thread has packed.
    private func collect() throws(StoreError) {
        guard let thread else { return }
        self.thread = nil
        let packed = try thread.join()
        inThread = PackBatch()
        try take(packed)
    }

    private func take(_ packed: PackBatch.Packed) throws(StoreError) {
        let start = flushed + UInt64(buffer.count)
        for entry in packed.entries {
            entries.append(PackEntry(id: entry.id, crc: entry.crc, offset: start + entry.offset))
        }
        buffer.append(contentsOf: packed.bytes)
        if buffer.count >= Self.bufferLimit { try flush() }
    }

    /// The object of an entry of this pack; nil where it has none of that id.
    func object(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? {
        guard let position = positions[id] else { return nil }
        if position >= entries.count {
            let place = position - entries.count
            let threaded = inThread.objects.count
            let object = place < threaded ? inThread.objects[place] : waiting.objects[place - threaded]
            return (object.kind, object.bytes)
        }
        let start = entries[position].offset
        let end = position + 1 < entries.count ? entries[position + 1].offset : flushed + UInt64(buffer.count)
        let packed = try bytes(start..<end)
        guard let object = unpacked(packed) else {
            throw StoreError("read new object", id.hex, .corrupt("its entry in the pack being written"))
        }
        return object
    }

    private func bytes(_ range: Range<UInt64>) throws(StoreError) -> ArraySlice<UInt8> {
        if range.lowerBound >= flushed {
            return buffer[Int(range.lowerBound - flushed)..<Int(range.upperBound - flushed)]
        }
        var result = [UInt8](repeating: 0, count: range.count)
        // An entry is flushed whole: flushing happens between entries.
        let count = try read(into: &result, at: range.lowerBound)
        return result[..<count]
    }

    private func read(into target: inout [UInt8], at offset: UInt64) throws(StoreError) -> Int {
        guard let spill else { return 0 }
        var failure: SystemError?
        let count = target.withUnsafeMutableBytes { buffer in
            do throws(SystemError) { return try spill.descriptor.readFully(into: buffer, at: offset) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw StoreError("read", "pack being written", .system(failure)) }
        return count
    }

    private func flush() throws(StoreError) {
        try attempt("write pack", spill?.path ?? "objects/pack") { () throws(SystemError) in
            if spill == nil {
                spill = try TemporaryFile.create("tmp_pack_", in: directory.reference)
            }
            try spill?.descriptor.write(buffer)
        }
        flushed += UInt64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Completes the pack and its index in temporary files.
    func seal() throws(StoreError) -> SealedPack {
        try collect()
        try take(try waiting.packed(with: deflater))
        waiting = PackBatch()
        let count = UInt32(entries.count)
        let countBytes = withUnsafeBytes(of: count.bigEndian) { Array($0) }
        let trailer: [UInt8]
        if flushed == 0 {
            buffer.replaceSubrange(8..<12, with: countBytes)
            trailer = checksum(buffer)
        } else {
            try flush()
            try attempt("write pack", spill?.path ?? "") { () throws(SystemError) in
                var failure: SystemError?
                countBytes.withUnsafeBytes { bytes in
                    do throws(SystemError) { try spill?.descriptor.write(bytes, at: 8) } catch { failure = error }
                }
                if let failure { throw failure }
            }
            trailer = try spilledChecksum()
        }
        buffer += trailer
        try flush()
        guard let packPath = spill?.path else { throw StoreError("write pack", "", .corrupt("it has no file")) }
        let index = PackIndex.encode(entries, packChecksum: trailer)
        let indexPath = try attempt("write pack index", "") { () throws(SystemError) in
            let file = try TemporaryFile.create("tmp_idx_", in: directory.reference)
            do throws(SystemError) { try file.descriptor.write(index) } catch {
                try Files.remove(KernelPath(file.path), in: directory.reference)
                throw error
            }
            return file.path
        }
        spill = nil
        return SealedPack(packPath: packPath, indexPath: indexPath, name: "pack-\(trailer.hex)")
    }

    private func spilledChecksum() throws(StoreError) -> [UInt8] {
        var sum = StreamChecksum()
        var block = [UInt8](repeating: 0, count: 1 << 20)
        var position: UInt64 = 0
        while position < flushed {
            let count = try read(into: &block, at: position)
            guard count > 0 else { throw StoreError("read", "pack being written", .changed("it became shorter")) }
            block.withUnsafeBytes { sum.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            position += UInt64(count)
        }
        return sum.finish()
    }

    /// Removes the temporary file of a pack that is not wanted any more.
    func discard() throws(StoreError) {
        guard let path = spill?.path else { return }
        spill = nil
        try attempt("remove", path) { () throws(SystemError) in
            try Files.removeIfPresent(KernelPath(path), in: directory.reference)
        }
    }
}

/// The object in a pack entry that is not a delta; nil where the bytes are none.
func unpacked(_ packed: ArraySlice<UInt8>) -> (kind: ObjectKind, bytes: [UInt8])? {
    var rest = packed
    guard var byte = rest.popFirst(), let kind = ObjectKind(packType: byte >> 4 & 7) else { return nil }
    var size = Int(byte & 15)
    var shift = 4
    while byte & 0x80 != 0 {
        guard let next = rest.popFirst(), shift <= 53 else { return nil }
        byte = next
        size |= Int(byte & 0x7f) << shift
        shift += 7
    }
    return inflated(rest, size: size).map { (kind, $0) }
}
