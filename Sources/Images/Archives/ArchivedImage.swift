import Model

/// An image as it lies in an archive.
public struct ArchivedImage: Sendable {
    /// As the archive has them; ``ImageReference`` reads them. Empty for an image without a name.
    public internal(set) var names: [String]
    /// Nil in an archive of `docker save`'s older form, which has none.
    public let manifest: ImageManifest?
    public let config: ImageConfig
    /// As many as the config's `diffIDs`, the lowest first.
    public let layers: [ArchivedLayer]
}

/// A layer, compressed or not, as it lies in an archive.
public struct ArchivedLayer: Sendable {
    /// What its uncompressed tar has to have.
    public let diffID: Digest
    /// What the manifest says of it; nil where there is no manifest.
    public let descriptor: ContentDescriptor?
    /// In bytes, as it lies there.
    public let size: UInt64
    let path: BytePath
}
