import Model

/// The first block of an image.
struct Superblock {
    let inodeCount: UInt64
    let blockCount: UInt32
    let tree: ObjectID

    /// The whole first block with its checksum.
    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Int(Format.blockSize))
        func put<Number: FixedWidthInteger>(_ value: Number, at field: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes in
                block.replaceSubrange((1024 + field)..<(1024 + field + bytes.count), with: bytes)
            }
        }
        put(Format.magic, at: 0x00)
        put(Format.compatibleFeatures, at: 0x08)
        put(Format.blockSizeBits, at: 0x0c)
        put(UInt16(Format.firstInodeOffset / Format.slotSize), at: 0x0e)
        put(inodeCount, at: 0x10)
        put(blockCount, at: 0x24)
        put(Format.incompatibleFeatures, at: 0x50)
        block.replaceSubrange((1024 + 0x30)..<(1024 + 0x40), with: uuid)
        // Over the rest of the block, the checksum's own field counted as zero.
        put(crc32c(block[1024...]), at: 0x04)
        return block
    }

    /// The tree's id in the form of a version 8 UUID (RFC 9562, section 5.8).
    private var uuid: [UInt8] {
        var bytes = Array(tree.bytes.prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }
}
