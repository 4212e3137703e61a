import Model

/// One inode of a metadata image.
public struct ImageInode: Hashable, Sendable {
    /// `holes` and `linkGroup` are not stored: holes belong to the body in the pool, and hard links are entries
    /// that share one inode.
    public var attributes: Attributes
    public var content: Content

    public enum Content: Hashable, Sendable {
        /// Of a device, FIFO or socket, and of an empty regular file.
        case none
        /// The body of a regular file or the target of a symlink, `attributes.size` bytes, kept in the image.
        /// A regular file of size 0 is written, and read back, as `none`.
        case inline(ObjectID)
        /// The body of a regular file lies in the data-only layer at this absolute path, such as `/ab/cdef…`.
        case pooled(redirect: [UInt8])
        /// Sorted by name bytes, each name once, without `.` and `..`.
        case directory([ImageEntry])
    }

    public init(attributes: Attributes, content: Content) {
        self.attributes = attributes
        self.content = content
    }
}

/// One name in a directory.
public struct ImageEntry: Hashable, Sendable {
    public var name: ByteName
    /// Index into the list of inodes. Hard links are entries with equal indexes.
    public var inode: Int

    public init(name: ByteName, inode: Int) {
        self.name = name
        self.inode = inode
    }
}
