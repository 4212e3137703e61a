import Linux
import Model

/// Turns a laid-out tree into bytes, in two streams side by side: inodes with their tails, and data blocks. So
/// each body is fetched once, and two buffers are all that is held.
struct ImageEmitter<Sink: ImageSink>: ~Copyable {
    private let tree: ImageTree
    private let layout: ImageLayout
    private let id: ObjectID
    private var metadata: ImageRegion<Sink>
    private var data: ImageRegion<Sink>

    init(_ tree: ImageTree, _ layout: ImageLayout, id: ObjectID, to sink: Sink) {
        (self.tree, self.layout, self.id) = (tree, layout, id)
        metadata = ImageRegion(of: sink, from: 0)
        data = ImageRegion(of: sink, from: layout.dataStart * Format.blockSize)
    }

    /// - Parameter body: the bytes of the inode with this index.
    mutating func emit(body: (Int, ObjectID) throws(ErofsError.Cause) -> [UInt8]) throws(ErofsError) {
        do throws(ErofsError.Cause) {
            let count = UInt64(tree.inodes.count)
            try metadata.append(Superblock(inodeCount: count, blockCount: layout.blockCount, tree: id).block)
        } catch { throw ErofsError(error) }
        for index in tree.inodes.indices {
            // Not by `tree.checked`, whose closure could not change self.
            do throws(ErofsError.Cause) { try emit(index, body: body) } catch {
                try tree.checked(index) { () throws(ErofsError.Cause) in throw error }
            }
        }
        do throws(ErofsError.Cause) {
            try metadata.padBlock()
            try metadata.flush()
            try data.flush()
        } catch { throw ErofsError(error) }
    }

    private mutating func emit(
        _ index: Int, body: (Int, ObjectID) throws(ErofsError.Cause) -> [UInt8]
    ) throws(ErofsError.Cause) {
        let inode = tree.inodes[index]
        let place = layout.places[index]
        try metadata.pad(to: place.offset)
        try metadata.append(inode, at: place, number: index + 1, links: tree.linkCounts[index])
        if place.xattrSize > 0 { try metadata.appendXattrs(of: inode) }
        switch inode.content {
        case .none: break
        case .inline(let id):
            if place.size > 0 { try emit(try checked(body(index, id), of: inode), at: place) }
        case .pooled:
            try metadata.fill(0xff, count: 4 * Format.chunkCount(size: place.size))
        case .directory(let entries):
            let blocks = DirectoryBlocks(entries, itself: index, parent: tree.parents[index])
            try emit(blocks, at: place)
        }
    }

    private func checked(_ body: [UInt8], of inode: ImageInode) throws(ErofsError.Cause) -> [UInt8] {
        guard body.count == inode.attributes.size else {
            throw .malformed("the body has \(body.count) bytes, not \(inode.attributes.size)")
        }
        if inode.attributes.kind == .symlink, body.contains(0) { throw .malformed("a symlink's target holds a NUL") }
        return body
    }

    private mutating func emit(_ body: [UInt8], at place: ImageLayout.Place) throws(ErofsError.Cause) {
        let whole = place.layout == .inline ? body.count - body.count % Int(Format.blockSize) : body.count
        try data.append(body[..<whole])
        try data.padBlock()
        try metadata.append(body[whole...])
    }

    private mutating func emit(_ blocks: DirectoryBlocks, at place: ImageLayout.Place) throws(ErofsError.Cause) {
        var start = 0
        while start < blocks.entries.count {
            let (end, _) = blocks.block(from: start)
            let entries = blocks.entries[start..<end]
            if end == blocks.entries.count, place.layout == .inline {
                try metadata.append(entries, in: tree, at: layout)
            } else {
                try data.append(entries, in: tree, at: layout)
                try data.padBlock()
            }
            start = end
        }
    }
}

extension ImageRegion {
    /// struct erofs_inode_extended.
    fileprivate mutating func append(
        _ inode: ImageInode, at place: ImageLayout.Place, number: Int, links: UInt32
    ) throws(ErofsError.Cause) {
        let attributes = inode.attributes
        let union =
            switch (place.layout, attributes.device) {
            case (.chunks, _): Format.chunkFormat
            case (_, let device?): device.encoded
            default: UInt32(place.firstBlock)
            }
        let xattrUnits = place.xattrSize == 0 ? 0 : (place.xattrSize - Format.xattrHeaderSize) / 4 + 1
        try append(1 | place.layout.rawValue << 1)
        try append(UInt16(xattrUnits))
        try append(UInt16(attributes.kind.modeBits) | attributes.permissions)
        try append(UInt16(0))
        try append(place.size)
        try append(union)
        try append(UInt32(truncatingIfNeeded: number))
        try append(attributes.uid)
        try append(attributes.gid)
        try append(attributes.modified.seconds)
        try append(attributes.modified.nanoseconds)
        try append(links)
        try append(UInt64(0))
        try append(UInt64(0))
    }

    /// struct erofs_xattr_ibody_header, and the entries: overlayfs's own first.
    fileprivate mutating func appendXattrs(of inode: ImageInode) throws(ErofsError.Cause) {
        try append(UInt64(0))
        try append(UInt32(0))
        if case .pooled(let redirect) = inode.content {
            try appendXattr(XattrName.trusted, name: OverlayXattr.metacopy[...], value: [])
            try appendXattr(XattrName.trusted, name: OverlayXattr.redirect[...], value: redirect)
        }
        for attribute in inode.attributes.xattrs {
            let name = try XattrName(attribute.name)
            let rest = attribute.name.bytes[name.prefixLength...]
            let stored = name.isEscaped ? XattrName.escape[...] + rest : rest
            try appendXattr(name.index, name: stored, value: attribute.value)
        }
    }

    /// struct erofs_xattr_entry.
    private mutating func appendXattr(
        _ index: UInt8, name: ArraySlice<UInt8>, value: [UInt8]
    ) throws(ErofsError.Cause) {
        try append(UInt8(name.count))
        try append(index)
        try append(UInt16(value.count))
        try append(name)
        try append(value)
        try pad(to: Format.roundUp(offset, to: 4))
    }

    /// One block of struct erofs_dirent and names, without padding.
    fileprivate mutating func append(
        _ entries: ArraySlice<ImageEntry>, in tree: ImageTree, at layout: ImageLayout
    ) throws(ErofsError.Cause) {
        var nameOffset = entries.count * Format.direntSize
        for entry in entries {
            try append(layout.places[entry.inode].number)
            try append(UInt16(nameOffset))
            try append(tree.inodes[entry.inode].attributes.kind.direntType)
            try append(UInt8(0))
            nameOffset += entry.name.bytes.count
        }
        for entry in entries { try append(entry.name.bytes) }
    }
}
