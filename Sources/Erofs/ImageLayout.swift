import Model

/// Where every inode and its data lie. Made before anything is written, by the inodes' order alone.
struct ImageLayout {
    struct Place {
        /// Of the inode, from the image's start.
        var offset: UInt64
        var layout: DataLayout
        /// `i_size`: for a directory the bytes of its blocks.
        var size: UInt64
        var xattrSize: Int
        /// Of the data; 0 where it has no blocks of its own.
        var firstBlock: UInt64

        var number: UInt64 { offset / Format.slotSize }
    }

    private(set) var places: [Place] = []
    /// The block after the inodes, where data begins.
    let dataStart: UInt64
    let blockCount: UInt32

    init(_ tree: ImageTree) throws(ErofsError) {
        places.reserveCapacity(tree.inodes.count)
        var end = Format.firstInodeOffset
        var dataBlocks: UInt64 = 0
        for (index, inode) in tree.inodes.enumerated() {
            let xattrSize = try tree.checked(index) { () throws(ErofsError.Cause) in try inode.xattrSize() }
            let size = inode.dataSize(index: index, parent: tree.parents[index])
            let place = Self.place(inode, after: end, size: size, xattrSize: xattrSize, block: dataBlocks)
            end = Format.roundUp(place.end, to: Format.slotSize)
            dataBlocks += place.place.blocks
            places.append(place.place)
            // Here, so that no sum can overflow.
            guard dataBlocks + end / Format.blockSize < UInt32.max - 1 else {
                throw ErofsError(.limit("the image needs more than 2^32 - 2 blocks"))
            }
        }
        dataStart = Format.roundUp(end, to: Format.blockSize) / Format.blockSize
        blockCount = UInt32(dataStart + dataBlocks)
        for index in places.indices where places[index].blocks > 0 { places[index].firstBlock += dataStart }
    }

    /// The next inode's place, with the block counted from where data will begin, and its record's end.
    private static func place(
        _ inode: ImageInode, after end: UInt64, size: UInt64, xattrSize: Int, block: UInt64
    ) -> (place: Place, end: UInt64) {
        var place = Place(offset: end, layout: .plain, size: size, xattrSize: xattrSize, firstBlock: block)
        var record = Format.inodeSize + UInt64(xattrSize)
        // The fixed part stays within a block.
        if place.room < Format.inodeSize { place.offset += place.room }
        if case .pooled = inode.content {
            place.layout = .chunks
            record += 4 * Format.chunkCount(size: size)
        } else {
            let tail = size % Format.blockSize
            let whole = record + tail
            // A tail has to stay in its inode's block. Where it does not fit, the rest of this block is given up,
            // or the rest of a block that the tail then has for itself, whichever is less.
            if tail > 0, whole <= Format.blockSize {
                if whole > place.room, place.room <= Format.blockSize - tail { place.offset += place.room }
                if whole <= place.room { (place.layout, record) = (.inline, whole) }
            }
        }
        if place.blocks == 0 { place.firstBlock = 0 }
        return (place, place.offset + record)
    }
}

extension ImageLayout.Place {
    /// Bytes from the inode's start to the end of its block.
    fileprivate var room: UInt64 { Format.blockSize - offset % Format.blockSize }

    /// Data blocks of its own.
    var blocks: UInt64 {
        switch layout {
        case .plain: Format.roundUp(size, to: Format.blockSize) / Format.blockSize
        case .inline: size / Format.blockSize
        case .chunks: 0
        }
    }
}

extension ImageInode {
    fileprivate func dataSize(index: Int, parent: Int) -> UInt64 {
        guard case .directory(let entries) = content else { return attributes.size }
        return DirectoryBlocks(entries, itself: index, parent: parent).size
    }
}
