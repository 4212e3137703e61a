/// How much one layer may hold, so that a small file can't fill disk or memory.
public struct LayerLimits: Hashable, Sendable {
    /// Entries of the tar file, whiteouts among them.
    public var entries: UInt64
    /// Bytes of the uncompressed tar file, and again of all holes in sparse files, which no byte of the tar file stands for
    /// and which are hashed all the same; nil for what ``allowed(for:)`` and ``TarReader/defaultHoleLimit`` say.
    public var bytes: UInt64?

    public init(entries: UInt64 = 1_000_000, bytes: UInt64? = nil) {
        self.entries = entries
        self.bytes = bytes
    }

    /// Bytes of the names and values of all extended attributes, which stay in memory until the layer's end.
    static let xattrs = 256 << 20

    /// Bytes of all holes.
    var holes: UInt64 { bytes ?? TarReader.defaultHoleLimit }

    /// Bytes that a layer may unpack to, of which so many compressed bytes were read: by default 4 GiB, or 200 times
    /// those where that is more. Real layers shrink by far less.
    func allowed(for compressed: UInt64) -> UInt64 {
        if let bytes { return bytes }
        let (product, isTooLarge) = compressed.multipliedReportingOverflow(by: 200)
        return max(4 << 30, isTooLarge ? .max : product)
    }
}

/// Another source, whose bytes are counted as they pass.
final class CountingSource: ByteSource {
    private let input: any ByteSource
    private(set) var count: UInt64 = 0

    init(_ input: any ByteSource) { self.input = input }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let bytes = try input.next()
        count += UInt64(bytes.count)
        return bytes
    }
}

/// Decompressed bytes, up to the limit.
final class LimitedSource: ByteSource {
    private let input: any ByteSource
    private let compressed: CountingSource
    private let limits: LayerLimits
    private let name: String
    private var count: UInt64 = 0

    /// - Parameters:
    ///   - input: what decompresses.
    ///   - compressed: what `input` decompresses.
    ///   - name: what messages call the layer.
    init(_ input: any ByteSource, of compressed: CountingSource, _ limits: LayerLimits, name: String) {
        self.input = input
        self.compressed = compressed
        self.limits = limits
        self.name = name
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let bytes = try input.next()
        count += UInt64(bytes.count)
        let limit = limits.allowed(for: compressed.count)
        guard count <= limit else {
            throw ImagesError(
                "read archive", name,
                "\(compressed.count) bytes of it unpack to more than \(limit); --max-layer-size SIZE allows more")
        }
        return bytes
    }
}
