import Model

/// Reads a layer from front to end (docs/layers.md), and writes its recipe on the way. Decompressing and hashing run on
/// a thread of their own; memory doesn't grow with the layer's size.
///
/// After an error the reader gives the same error for ever.
public final class LayerReader {
    private let name: String
    private let limits: LayerLimits
    private let hashing: HashingSource
    private let tar: TarReader
    private let recipe: RecipeWriter
    private var count: UInt64 = 0
    private var xattrs = 0
    /// The regular file whose body is being read, and where it was stored.
    private var current: Attributes?
    private var stored: ObjectID?
    private var hasEnded = false

    /// - Parameters:
    ///   - source: the layer, compressed by gzip, zstd, xz, bzip2, lz4 or not at all, told by its content. It is read to
    ///     its end, on another thread, and belongs to this reader.
    ///   - name: what messages call the layer.
    ///   - recipe: takes the chunks of the recipe in order; called within ``next()`` and ``finish()``.
    public init(
        _ source: any ByteSource, named name: String, limits: LayerLimits = LayerLimits(),
        recipe sink: @escaping ([UInt8]) throws(ImagesError) -> Void
    ) throws(ImagesError) {
        self.name = name
        self.limits = limits
        let recipe = RecipeWriter(sink: sink)
        let counting = CountingSource(source)
        let content = try DecompressedSource.make(counting, name: name)
        hashing = HashingSource(LimitedSource(content, of: counting, limits, name: name))
        let reader = ByteReader(try BackgroundSource(hashing, name: name), name: name)
        reader.record = { bytes throws(ImagesError) in try recipe.add(bytes) }
        tar = TarReader(reader, name: name, accounts: Accounts(), dialect: .layer, holeLimit: limits.holes)
        self.recipe = recipe
    }

    /// The next change, in the layer's order; what is left of the current body is stepped over. What is aufs's own is
    /// passed over. Nil at the end, when all bytes up to the end of the input have been read and checked.
    public func next() throws(ImagesError) -> LayerEntry? {
        try tar.remembering { () throws(ImagesError) in try advance() }
    }

    /// Reads the current entry's body: exactly `attributes.size` bytes in all, holes as zeros.
    /// - Returns: how many bytes it wrote to the start of `buffer`; 0 at the end, or where nothing fits.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImagesError) -> Int {
        try tar.read(into: buffer)
    }

    /// Says where the current regular file's body was stored, before the next call of ``next()``.
    public func stored(as id: ObjectID) { stored = id }

    /// The SHA-256 and the length of the uncompressed tar file; the recipe is whole then. Once, after ``next()`` gave nil.
    public func finish() throws(ImagesError) -> (diffID: Digest, size: UInt64) {
        precondition(hasEnded, "the layer isn't read to its end")
        // The thread that hashes has told of the end after its last byte.
        let hash = hashing.hash
        try recipe.finish(diffID: hash.digest)
        return (hash.digest, hash.size)
    }

    private func advance() throws(ImagesError) -> LayerEntry? {
        try settle()
        while let entry = try tar.next() {
            count += 1
            if count > limits.entries {
                throw ImagesError(
                    "read archive", name,
                    "it has more than \(limits.entries) entries; --max-layer-entries N allows more")
            }
            let change = try tar.checked { () throws(Refusal) in try LayerEntry(entry) }
            if case .entry(let entry)? = change {
                try add(entry.attributes.xattrs)
                if entry.attributes.kind == .regular, entry.hardLinkTarget == nil {
                    current = entry.attributes
                }
            } else {
                // Nobody stores this body: it goes into the recipe as it is.
                try tar.skipBody(recorded: true)
            }
            if let change { return change }
        }
        hasEnded = true
        return nil
    }

    private func add(_ more: [ExtendedAttribute]) throws(ImagesError) {
        xattrs += more.reduce(0) { $0 + $1.name.bytes.count + $1.value.count }
        guard xattrs <= LayerLimits.xattrs else {
            throw ImagesError(
                "read archive", name, "its extended attributes take more than \(LayerLimits.xattrs) bytes together")
        }
    }

    /// Writes the recipe up to the end of the current body.
    private func settle() throws(ImagesError) {
        guard let attributes = current else { return }
        try tar.skipBody(recorded: false)
        current = nil
        defer { stored = nil }
        for range in attributes.dataRanges {
            guard let stored else { preconditionFailure("nobody said where the body was stored") }
            let part = BodyRange(
                id: stored, size: attributes.size, hasHoles: !attributes.holes.isEmpty, range: range)
            try recipe.add(part)
        }
    }
}
