import Images
import Linux
import Model
import ObjectStore

/// How images are to leave.
public struct SaveRequest: Sendable {
    public enum Shape: Sendable, Hashable {
        /// One layer for each commit that changed files.
        case full
        /// What was committed after this revision, or on the image that was loaded where nil, as one layer.
        case squashed(since: String?)
        /// One layer with everything.
        case flat
    }

    public var format = ImageArchiveWriter.Format.ociArchive
    public var compression = LayerCompression.gzip(level: LayerCompression.gzipLevel)
    public var shape = Shape.full
    /// Whether to fail where a layer can't carry something.
    public var isStrict = false

    public init() {}
}

/// One image that was saved.
public struct SaveOutcome: Sendable {
    public let commit: ObjectID
    public let tag: TagName?
    public let manifest: Digest
    public let config: Digest
}

/// What came of a save.
public struct SaveResult: Sendable {
    public var images: [SaveOutcome] = []
    /// What no layer can carry, by path.
    public var leftOut: [LeftOut] = []
}

extension Repository {
    /// Writes images to an archive. A loaded image leaves with the digests that it came with, as far as its blobs are kept.
    /// - Parameters:
    ///   - revisions: tags, which are the images' names, and other revisions.
    ///   - output: a file or pipe to write to, or for the format `ociDirectory` an empty directory.
    public func save(
        _ revisions: [String], to output: consuming Descriptor, named name: String, _ request: SaveRequest
    ) throws -> SaveResult {
        let store = try store()
        // Nothing that is being read may be collected meanwhile.
        let hold = try store.holdOffCollection()
        defer { withExtendedLifetime(hold) {} }
        var images: [PreparedImage] = []
        var positions: [ObjectID: Int] = [:]
        let isDocker = request.format == .dockerArchive
        let layers = OutgoingLayers(in: store, root: root, isDocker ? .none : request.compression)
        for text in revisions {
            let (commit, tag) = try resolveNaming(try Revision(parsing: text))
            if let position = positions[commit] {
                if let tag { images[position].tags.append(tag) }
                continue
            }
            positions[commit] = images.count
            images.append(try prepare(commit, tag, layers, request))
        }
        let leftOut = layers.leftOut
        if request.isStrict, let first = leftOut.first {
            throw EngineError.refused("save", subject: first.path.displayed, reason: first.reason)
        }
        let writer = try ImageArchiveWriter(writing: output, as: request.format, named: name)
        var result = SaveResult(leftOut: leftOut)
        for image in images {
            for layer in image.layers where !writer.has(layer.descriptor.digest) {
                let size = UInt64(layer.descriptor.size)
                try writer.add(layer.descriptor.digest, size: size, reading: try layer.open())
            }
            result.images.append(
                SaveOutcome(
                    commit: image.commit, tag: image.tags.first, manifest: image.manifest.digest,
                    config: image.config.digest))
        }
        try writer.finish(images.map(\.written))
        return result
    }

    private func prepare(
        _ commit: ObjectID, _ tag: TagName?, _ outgoing: OutgoingLayers, _ request: SaveRequest
    ) throws -> PreparedImage {
        let store = try store()
        let whole = try ImageHistory(of: commit, in: store)
        let history = try whole.shaped(try shape(request.shape), in: store)
        let tags = tag.map { [$0] } ?? []
        if request.format != .dockerArchive, let loaded = history.loaded, let manifest = loaded.manifest {
            // As it came, where it is all there.
            let kept = try zip(loaded.layers, manifest.layers).map { try outgoing.asItCame($0, $1) }
            let layers = kept.compactMap(\.self)
            if history.isAsLoaded, layers.count == kept.count {
                return PreparedImage(
                    commit: commit, tags: tags, manifest: manifest, config: loaded.config, layers: layers)
            }
            let below = try zip(loaded.layers, kept).map { try $1 ?? outgoing.layer($0) }
            let above = try history.lines.compactMap(\.layer).map { try outgoing.layer($0) }
            return try prepared(history, commit, tags, below + above, base: manifest.digest)
        }
        return try prepared(history, commit, tags, try history.layers.map { try outgoing.layer($0) }, base: nil)
    }

    private func prepared(
        _ history: ImageHistory, _ commit: ObjectID, _ tags: [TagName], _ layers: [OutgoingLayer], base: Digest?
    ) throws -> PreparedImage {
        let config = try history.outgoingConfig(diffIDs: layers.map(\.diffID), in: try store())
        var annotations = history.isAsLoaded ? history.loaded?.manifest?.annotations ?? [:] : [:]
        if let base, !history.isAsLoaded { annotations["org.opencontainers.image.base.digest"] = base.description }
        let manifest = ImageManifest(
            config: config.descriptor(), layers: layers.map(\.descriptor.inOCIManifest), annotations: annotations)
        return PreparedImage(commit: commit, tags: tags, manifest: manifest, config: config, layers: layers)
    }

    private func shape(_ shape: SaveRequest.Shape) throws -> ImageHistory.Shape {
        switch shape {
        case .full: .full
        case .flat: .flat
        case .squashed(let since): .squashed(since: try since.map { try commit(named: $0) })
        }
    }
}

/// An image of which all is known.
private struct PreparedImage {
    let commit: ObjectID
    var tags: [TagName]
    let manifest: ImageManifest
    let config: ImageConfig
    let layers: [OutgoingLayer]

    /// As archives have it.
    var written: SavedImage {
        SavedImage(names: tags.map(ImageReference.full), manifest: manifest, config: config)
    }
}

extension ContentDescriptor {
    /// A layer as an OCI manifest names it, where it came by one of Docker's.
    fileprivate var inOCIManifest: ContentDescriptor {
        mediaType.ociLayer == mediaType
            ? self
            : ContentDescriptor(
                mediaType: mediaType.ociLayer, digest: digest, size: size, annotations: annotations)
    }
}
