import Glibc
import Linux
import Model

/// A pack index of version 2 (gitformat-pack(5)): 256 running totals, ids, CRCs, offsets, checksums.
final class PackIndex {
    private let mapping: UnsafeRawBufferPointer
    let count: Int

    private static let header: [UInt8] = [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]
    private static let idsStart = 8 + 1024

    static func encode(_ entries: [PackEntry], packChecksum: [UInt8]) -> [UInt8] {
        let sorted = entries.sorted { $0.id < $1.id }
        var result = header
        result.reserveCapacity(idsStart + sorted.count * 28 + 40)
        var totals = [UInt32](repeating: 0, count: 256)
        for entry in sorted { totals[Int(entry.id.firstByte)] += 1 }
        var total: UInt32 = 0
        for count in totals {
            total += count
            append(total, to: &result)
        }
        for entry in sorted { result.append(contentsOf: entry.id.bytes) }
        for entry in sorted { append(entry.crc, to: &result) }
        var large: [UInt64] = []
        for entry in sorted {
            if entry.offset < 1 << 31 {
                append(UInt32(entry.offset), to: &result)
            } else {
                // Beyond 31 bits, the place in a second table stands here instead.
                append(1 << 31 | UInt32(large.count), to: &result)
                large.append(entry.offset)
            }
        }
        for offset in large { append(offset, to: &result) }
        result += packChecksum
        result += checksum(result)
        return result
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Maps an index. Nil where there is no such file.
    init?(_ name: String, in directory: borrowing Descriptor) throws(StoreError) {
        let reference = directory.reference
        guard let mapping = try Self.map(name, in: reference) else { return nil }
        self.mapping = mapping
        guard mapping.count >= Self.idsStart + 40, mapping.prefix(8).elementsEqual(Self.header) else {
            count = 0
            throw StoreError("read pack index", name, .corrupt("it is not an index of version 2"))
        }
        count = Int(UInt32(bigEndian: mapping.loadUnaligned(fromByteOffset: 8 + 255 * 4, as: UInt32.self)))
        guard mapping.count >= Self.idsStart + count * 28 + 40 else {
            throw StoreError("read pack index", name, .corrupt("it is too short for its \(count) objects"))
        }
        var before = 0
        for byte in 0..<256 {
            let total = total(byte)
            guard total >= before else {
                throw StoreError("read pack index", name, .corrupt("its totals go down"))
            }
            before = total
        }
    }

    deinit { unmap(mapping) }

    private static func map(_ name: String, in reference: DirectoryReference) throws(StoreError)
        -> UnsafeRawBufferPointer?
    {
        do throws(SystemError) {
            return try mapFile(KernelPath(name), in: reference)
        } catch {
            if error.errno == .noEntry { return nil }
            throw StoreError("read pack index", name, .system(error))
        }
    }

    private func total(_ byte: Int) -> Int {
        Int(UInt32(bigEndian: mapping.loadUnaligned(fromByteOffset: 8 + byte * 4, as: UInt32.self)))
    }

    /// - Parameter position: below `count`, in the order of ids.
    func id(_ position: Int) -> ObjectID {
        ObjectID(loading: mapping.baseAddress.unsafelyUnwrapped + Self.idsStart + position * 20)
    }

    func crc(_ position: Int) -> UInt32 {
        UInt32(
            bigEndian: mapping.loadUnaligned(
                fromByteOffset: Self.idsStart + count * 20 + position * 4, as: UInt32.self))
    }

    /// Nil where the index points outside itself.
    func offset(_ position: Int) -> UInt64? {
        let word = UInt32(
            bigEndian: mapping.loadUnaligned(
                fromByteOffset: Self.idsStart + count * 24 + position * 4, as: UInt32.self))
        if word < 1 << 31 { return UInt64(word) }
        let start = Self.idsStart + count * 28 + Int(word & 0x7fff_ffff) * 8
        guard start + 8 <= mapping.count - 40 else { return nil }
        return UInt64(bigEndian: mapping.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }

    /// The positions of the ids from `low` to `high`, both included.
    func positions(from low: ObjectID, through high: ObjectID) -> Range<Int> {
        let start = firstPosition { $0 >= low }
        return start..<max(start, firstPosition { $0 > high })
    }

    private func firstPosition(where holds: (ObjectID) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(id(middle)) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension ObjectID {
    var firstByte: UInt8 { bytes[0] }
}

/// Maps a whole file for reading. An empty file gives an empty buffer without memory.
func mapFile(_ path: KernelPath, in directory: DirectoryReference) throws(SystemError) -> UnsafeRawBufferPointer {
    let file = try Files.open(path, in: directory, flags: O_RDONLY | O_NOFOLLOW)
    let size = Int(try file.status().size)
    if size == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
    guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.raw, 0), base != MAP_FAILED else {
        throw SystemError("map", path.description, .last)
    }
    return UnsafeRawBufferPointer(start: base, count: size)
}

func unmap(_ mapping: UnsafeRawBufferPointer) {
    if let base = mapping.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), mapping.count) }
}
