import Model

/// The parts of the EROFS on-disk format that a metadata image uses (Linux, fs/erofs/erofs_fs.h). All numbers are
/// little-endian. docs/metadata-image.md describes the whole image.
enum Format {
    static let blockSize: UInt64 = 4096
    /// An inode begins at a multiple of this, and its number (nid) is its offset divided by it.
    static let slotSize: UInt64 = 32
    /// An extended inode without what follows it.
    static let inodeSize: UInt64 = 64
    static let direntSize = 12

    static let superblockOffset: UInt64 = 1024
    static let superblockSize = 128
    static let magic: UInt32 = 0xE0F5_E1E2
    /// EROFS_FEATURE_COMPAT_SB_CHKSUM and _MTIME.
    static let compatibleFeatures: UInt32 = 0x3
    /// EROFS_FEATURE_INCOMPAT_CHUNKED_FILE.
    static let incompatibleFeatures: UInt32 = 0x4
    static let blockSizeBits: UInt8 = 12

    /// Inodes start in the second block: the first one's checksum then covers the superblock alone, and no
    /// inode has number 0, which readdir(3)'s users take for a removed entry.
    static let firstInodeOffset = blockSize

    /// The widest chunk the format can name, 2^31 blocks or 8 TiB, so that any usual file is one chunk.
    static let chunkFormat: UInt32 = 31
    static let chunkBits: UInt64 = 12 + 31
    /// EROFS_NULL_ADDR: a chunk without data.
    static let nullAddress = UInt32.max

    /// `i_xattr_icount` counts 4-byte units after a 12-byte header, from 1, in 16 bits.
    static let largestXattrSize = 12 + 4 * (Int(UInt16.max) - 1)
    static let xattrHeaderSize = 12
    static let xattrEntrySize = 4

    static func roundUp(_ value: UInt64, to unit: UInt64) -> UInt64 { (value + unit - 1) / unit * unit }

    static func chunkCount(size: UInt64) -> UInt64 {
        size == 0 ? 0 : (size - 1) >> chunkBits + 1
    }
}

/// How an inode's data is found: bits 1 to 3 of `i_format`.
enum DataLayout: UInt16 {
    /// All of it in consecutive blocks, or none.
    case plain = 0
    /// Whole blocks as in `plain`; the rest right after the inode and its xattrs.
    case inline = 2
    /// A list of chunk addresses after the inode and its xattrs.
    case chunks = 4
}

extension FileKind {
    /// `file_type` in a directory entry (FT_* of the kernel).
    var direntType: UInt8 {
        switch self {
        case .regular: 1
        case .directory: 2
        case .characterDevice: 3
        case .blockDevice: 4
        case .fifo: 5
        case .socket: 6
        case .symlink: 7
        }
    }
}

extension DeviceNumber {
    static let largestMajor: UInt32 = 0xfff
    static let largestMinor: UInt32 = 0xf_ffff

    /// The kernel's 32-bit form: 12 bits of major between 8 low and 12 high bits of minor.
    var encoded: UInt32 { minor & 0xff | major << 8 | (minor & ~0xff) << 12 }

    init(encoded: UInt32) {
        self.init(major: encoded >> 8 & 0xfff, minor: encoded & 0xff | encoded >> 12 & 0xf_ff00)
    }
}

/// CRC-32C (Castagnoli) without the final inversion, as the superblock carries it.
func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer { bytes in
        var crc = UInt32.max
        for byte in bytes { crc = crc >> 8 ^ crcTable[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
        return crc
    }
}

private let crcTable: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 0 ? 0 : 0x82F6_3B78) }
}
