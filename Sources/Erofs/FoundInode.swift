import Linux
import Model

/// An inode as it stands in an image, before the numbers in it are resolved.
struct FoundInode {
    var attributes: Attributes
    var content: Content

    enum Content {
        case none
        /// One after the other they are the body.
        case body([Range<Int>])
        case pooled(redirect: [UInt8])
        /// Names, and where their inodes begin. Without `.` and `..`.
        case directory([(name: ByteName, offset: Int)])
    }
}

extension ImageBytes {
    /// Reads struct erofs_inode_extended and what belongs to it. Only what is needed to find everything is checked;
    /// `MetadataImage.read` checks the rest.
    mutating func inode(at offset: Int) throws(ErofsError.Cause) -> FoundInode {
        let fixed = try claim(at: offset, count: Int(Format.inodeSize)).lowerBound
        let format = try number(UInt16.self, at: fixed)
        guard format & 1 == 1, let layout = DataLayout(rawValue: format >> 1) else {
            throw .damaged("inode format \(format) is none that is written")
        }
        let xattrUnits = Int(try number(UInt16.self, at: fixed + 2))
        let xattrSize = xattrUnits == 0 ? 0 : Format.xattrHeaderSize + 4 * (xattrUnits - 1)
        let xattrs = try claim(at: fixed + Int(Format.inodeSize), count: xattrSize)
        var attributes = try self.attributes(at: fixed)
        let redirect: [UInt8]?
        (redirect, attributes.xattrs) = try self.xattrs(in: xattrs)
        let union = try number(UInt32.self, at: fixed + 16)
        if attributes.kind == .characterDevice || attributes.kind == .blockDevice {
            attributes.device = DeviceNumber(encoded: union)
        }
        let content = try contentOf(&attributes, layout, union: union, recordEnd: xattrs.upperBound, redirect)
        return FoundInode(attributes: attributes, content: content)
    }

    private func attributes(at fixed: Int) throws(ErofsError.Cause) -> Attributes {
        let mode = UInt32(try number(UInt16.self, at: fixed + 4))
        guard let kind = FileKind.allCases.first(where: { $0.modeBits == mode & 0o170000 }) else {
            throw .damaged("file mode \(mode) is of no file type")
        }
        let nanoseconds = try number(UInt32.self, at: fixed + 40)
        guard nanoseconds < 1_000_000_000 else { throw .damaged("\(nanoseconds) nanoseconds") }
        return Attributes(
            kind: kind, permissions: UInt16(mode & 0o7777),
            uid: try number(UInt32.self, at: fixed + 24), gid: try number(UInt32.self, at: fixed + 28),
            modified: Timestamp(seconds: try number(Int64.self, at: fixed + 32), nanoseconds: nanoseconds),
            size: try number(UInt64.self, at: fixed + 8))
    }

    private mutating func contentOf(
        _ attributes: inout Attributes, _ layout: DataLayout, union: UInt32, recordEnd: Int, _ redirect: [UInt8]?
    ) throws(ErofsError.Cause) -> FoundInode.Content {
        if let redirect {
            guard layout == .chunks, attributes.size <= UInt64(Int64.max) else {
                throw .damaged("a redirect, but no chunks")
            }
            _ = try claim(at: recordEnd, count: Int(4 * Format.chunkCount(size: attributes.size)))
            return .pooled(redirect: redirect)
        }
        guard layout != .chunks, attributes.size <= UInt64(bytes.count) else {
            throw .damaged("\(attributes.size) bytes of data are not in the image")
        }
        let size = Int(attributes.size)
        let tail = layout == .inline ? size % Int(Format.blockSize) : 0
        let first = size - tail == 0 ? 0 : Int(union) * Int(Format.blockSize)
        let ranges = [try claim(at: first, count: size - tail), try claim(at: recordEnd, count: tail)]
        switch attributes.kind {
        case .directory:
            attributes.size = 0
            return .directory(try entries(in: ranges))
        case .regular, .symlink:
            return size == 0 ? .none : .body(ranges)
        default:
            return .none
        }
    }

    /// Reads struct erofs_xattr_ibody_header and the entries after it.
    private func xattrs(
        in range: Range<Int>
    ) throws(ErofsError.Cause) -> (redirect: [UInt8]?, content: [ExtendedAttribute]) {
        var (redirect, content): ([UInt8]?, [ExtendedAttribute]) = (nil, [])
        var position = range.lowerBound + Format.xattrHeaderSize
        while position < range.upperBound {
            let nameLength = Int(try number(UInt8.self, at: position))
            let index = try number(UInt8.self, at: position + 1)
            let valueLength = Int(try number(UInt16.self, at: position + 2))
            let name = position + Format.xattrEntrySize
            let end = name + nameLength + valueLength
            guard end <= range.upperBound else { throw .damaged("an attribute goes beyond its inode") }
            let stored = bytes[name..<(name + nameLength)]
            let value = Array(bytes[(name + nameLength)..<end])
            if let name = XattrName.name(index: index, stored: stored) {
                content.append(ExtendedAttribute(name: name, value: value))
            } else if index == XattrName.trusted, stored.elementsEqual(OverlayXattr.redirect) {
                redirect = value
            } else if index != XattrName.trusted || !stored.elementsEqual(OverlayXattr.metacopy) {
                throw .damaged("attribute \(index):\(Escaping.displayed(Array(stored))) is none that is written")
            }
            position = (end + 3) & ~3
        }
        return (redirect, content)
    }

    /// Reads a directory's blocks. The second range is the last block, where it is not empty.
    private func entries(
        in ranges: [Range<Int>]
    ) throws(ErofsError.Cause) -> [(name: ByteName, offset: Int)] {
        var result: [(name: ByteName, offset: Int)] = []
        for range in ranges {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Int(Format.blockSize)) {
                try appendEntries(in: start..<min(start + Int(Format.blockSize), range.upperBound), to: &result)
            }
        }
        return result
    }

    private func appendEntries(
        in block: Range<Int>, to result: inout [(name: ByteName, offset: Int)]
    ) throws(ErofsError.Cause) {
        let namesOffset = Int(try number(UInt16.self, at: block.lowerBound + 8))
        let count = namesOffset / Format.direntSize
        guard count > 0, namesOffset <= block.count else { throw .damaged("a directory block without names") }
        var nameStart = block.lowerBound + namesOffset
        for index in 0..<count {
            let entry = block.lowerBound + index * Format.direntSize
            // The last name ends with the block, or where its padding begins.
            var nameEnd = block.upperBound
            if index + 1 < count {
                nameEnd = block.lowerBound + Int(try number(UInt16.self, at: entry + Format.direntSize + 8))
            }
            guard nameStart <= nameEnd, nameEnd <= block.upperBound else {
                throw .damaged("a directory entry's name lies outside of its block")
            }
            var name = bytes[nameStart..<nameEnd]
            if index + 1 == count { name = name.prefix { $0 != 0 } }
            let number = try number(UInt64.self, at: entry)
            guard number < UInt64(bytes.count) / Format.slotSize else {
                throw .damaged("a directory entry points outside of the image")
            }
            if !name.elementsEqual([0x2e]), !name.elementsEqual([0x2e, 0x2e]) {
                result.append((ByteName(name), Int(number * Format.slotSize)))
            }
            nameStart = nameEnd
        }
    }
}
