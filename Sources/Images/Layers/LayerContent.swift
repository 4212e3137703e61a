import Model

/// A layer's content without a look at its entries.
public enum LayerContent {
    /// Reads a layer to its end.
    /// - Parameters:
    ///   - source: the layer, compressed or not, as for ``LayerReader``.
    ///   - name: what messages call the layer.
    /// - Returns: the SHA-256 of its uncompressed tar file.
    public static func diffID(
        of source: any ByteSource, named name: String, limits: LayerLimits = LayerLimits()
    ) throws(ImagesError) -> Digest {
        let counting = CountingSource(source)
        let content = try DecompressedSource.make(counting, name: name)
        let hashing = HashingSource(LimitedSource(content, of: counting, limits, name: name))
        while try !hashing.next().isEmpty {}
        return hashing.hash.digest
    }
}
