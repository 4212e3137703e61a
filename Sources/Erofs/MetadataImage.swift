import Linux
import Model

/// The EROFS image of one tree, whose large files point into a pool: the metadata layer of
/// `lowerdir=<image>::<pool>`. docs/metadata-image.md describes the format.
public enum MetadataImage {
    /// Writes an image. Equal arguments and bodies give equal bytes.
    ///
    /// Bodies are fetched one at a time, each once for each inode, in the inodes' order. Nothing is flushed to the
    /// disk, and after a failure the file holds a part of the image.
    /// - Parameters:
    ///   - inodes: the first is the root; the order is kept on disk, so related inodes are best put together.
    ///     Each is named by at least one directory, a directory by exactly one. A character device 0:0 is refused,
    ///     because overlayfs would take it for a removed file.
    ///   - tree: the id of what the image holds. It becomes the filesystem's UUID, so that overlayfs does not take
    ///     one image's inodes for another's.
    ///   - body: the bytes of an inline body or of a symlink's target.
    ///   - output: an empty file, open for writing without O_APPEND; its position is neither used nor moved.
    public static func write(
        _ inodes: [ImageInode], tree: ObjectID, body: (ObjectID) throws -> [UInt8], to output: borrowing Descriptor
    ) throws(ErofsError) {
        let checked = try ImageTree(inodes)
        let layout = try ImageLayout(checked)
        let sink: FileSink
        do throws(ErofsError.Cause) { sink = try FileSink(output) } catch { throw ErofsError(error) }
        var emitter = ImageEmitter(checked, layout, id: tree, to: sink)
        try emitter.emit { (_, id) throws(ErofsError.Cause) in
            do { return try body(id) } catch { throw .body(id, error) }
        }
    }
}
