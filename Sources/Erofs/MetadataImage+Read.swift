import Glibc
import Model

extension MetadataImage {
    /// Reads an image back and accepts it only if it is, byte for byte, what `write` makes of the result.
    ///
    /// The bytes are not trusted: any input either gives a result or throws, in time and memory proportional to
    /// its length.
    /// - Parameters:
    ///   - tree: the id that was given to `write`.
    ///   - identify: the id of a body. It is called once for each inline content, in the inodes' order.
    /// - Returns: the inodes that were given to `write`, without holes and link groups, and with `none` as the
    ///   content of empty regular files.
    public static func read(
        _ bytes: [UInt8], tree: ObjectID, identify: ([UInt8]) -> ObjectID
    ) throws(ErofsError) -> [ImageInode] {
        do throws(ErofsError) {
            try checkSuperblock(bytes)
            let found = try findInodes(bytes)
            var inodes = found.inodes
            let checked = try ImageTree(inodes)
            let layout = try ImageLayout(checked)
            guard UInt64(layout.blockCount) * Format.blockSize == UInt64(bytes.count) else {
                throw ErofsError(.damaged("the image should have \(layout.blockCount) blocks"))
            }
            var emitter = ImageEmitter(checked, layout, id: tree, to: ComparingSink(image: bytes))
            try emitter.emit { (index, _) in
                let body = found.bodies[index].flatMap { bytes[$0] }
                inodes[index].content = .inline(identify(body))
                return body
            }
            return inodes
        } catch {
            throw ErofsError(error.cause, subject: error.subject, operation: "read metadata image")
        }
    }

    /// What tells a foreign or torn file from a damaged one.
    private static func checkSuperblock(_ bytes: [UInt8]) throws(ErofsError) {
        let block = Int(Format.blockSize)
        guard bytes.count >= 2 * block, bytes.count % block == 0 else {
            throw ErofsError(.damaged("\(bytes.count) bytes are no whole number of blocks, or too few"))
        }
        let start = Int(Format.superblockOffset)
        guard bytes[start..<(start + 4)].elementsEqual([0xe2, 0xe1, 0xf5, 0xe0]) else {
            throw ErofsError(.damaged("not an EROFS image"))
        }
        var summed = Array(bytes[start..<block])
        let sum = summed[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        summed.replaceSubrange(4..<8, with: [0, 0, 0, 0])
        guard crc32c(summed[...]) == sum else { throw ErofsError(.damaged("the superblock's checksum is wrong")) }
    }

    /// Walks from the root, then puts what it found in the order of the image.
    private static func findInodes(
        _ bytes: [UInt8]
    ) throws(ErofsError) -> (inodes: [ImageInode], bodies: [[Range<Int>]]) {
        var source = ImageBytes(bytes)
        var found: [Int: FoundInode] = [:]
        var pending = [Int(Format.firstInodeOffset)]
        while let offset = pending.popLast() {
            if found[offset] != nil { continue }
            do throws(ErofsError.Cause) {
                let inode = try source.inode(at: offset)
                found[offset] = inode
                if case .directory(let entries) = inode.content { pending += entries.map(\.offset) }
            } catch { throw ErofsError(error, subject: "inode at byte \(offset)") }
        }
        let ordered = found.sorted { $0.key < $1.key }
        let indexes = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($1.key, $0) })
        var (inodes, bodies): ([ImageInode], [[Range<Int>]]) = ([], [])
        for (_, inode) in ordered {
            var ranges: [Range<Int>] = []
            let content: ImageInode.Content
            switch inode.content {
            case .none: content = .none
            case .pooled(let redirect): content = .pooled(redirect: redirect)
            case .body(let parts): (content, ranges) = (.inline(.emptyBlob), parts)
            case .directory(let entries):
                content = .directory(entries.map { ImageEntry(name: $0.name, inode: indexes[$0.offset] ?? -1) })
            }
            inodes.append(ImageInode(attributes: inode.attributes, content: content))
            bodies.append(ranges)
        }
        return (inodes, bodies)
    }
}

/// Throws at the first byte that differs from the image.
private struct ComparingSink: ImageSink {
    let image: [UInt8]

    func put(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(ErofsError.Cause) {
        guard offset <= UInt64(image.count), bytes.count <= image.count - Int(offset) else {
            throw .damaged("the image is too short")
        }
        let difference = image.withUnsafeBytes { image in
            firstDifference(UnsafeRawBufferPointer(rebasing: image[Int(offset)..<(Int(offset) + bytes.count)]), bytes)
        }
        if let difference {
            throw .damaged("byte \(Int(offset) + difference) is not what these inodes are written as")
        }
    }
}

/// Nil where two buffers of one length are equal.
private func firstDifference(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int? {
    guard let left = left.baseAddress, let start = right.baseAddress,
        memcmp(left, start, right.count) != 0
    else { return nil }
    // Equal below `low`, different somewhere below `high`.
    var (low, high) = (0, right.count)
    while high - low > 1 {
        let middle = low + (high - low) / 2
        if memcmp(left + low, start + low, middle - low) == 0 { low = middle } else { high = middle }
    }
    return low
}
