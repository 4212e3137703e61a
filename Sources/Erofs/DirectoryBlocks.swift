import Model

/// A directory's entries, `.` and `..` among them, cut into blocks: each block holds its entries' fixed parts, then
/// their names. Names ascend bytewise through all blocks, because the kernel searches by bisection.
struct DirectoryBlocks {
    let entries: [ImageEntry]

    init(_ entries: [ImageEntry], itself: Int, parent: Int) {
        var all = entries
        for dots in [ImageEntry(name: ".", inode: itself), ImageEntry(name: "..", inode: parent)] {
            all.insert(dots, at: all.firstIndex { $0.name > dots.name } ?? all.endIndex)
        }
        self.entries = all
    }

    /// The block that begins with entry `start`, which exists: where its entries end, and how many bytes it needs.
    func block(from start: Int) -> (end: Int, bytes: Int) {
        var (end, bytes) = (start, 0)
        while end < entries.count {
            let more = Format.direntSize + entries[end].name.bytes.count
            if bytes + more > Int(Format.blockSize) { break }
            bytes += more
            end += 1
        }
        return (end, bytes)
    }

    /// Bytes of all blocks; all but the last count in full.
    var size: UInt64 {
        var (size, start): (UInt64, Int) = (0, 0)
        while true {
            let (end, bytes) = block(from: start)
            if end == entries.count { return size + UInt64(bytes) }
            size += Format.blockSize
            start = end
        }
    }
}
