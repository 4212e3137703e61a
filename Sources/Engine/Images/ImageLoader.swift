import Images
import Linux
import Model
import ObjectStore
import Snapshot

/// Makes commits of the images of one archive.
struct ImageLoader {
    private let archive: ImageArchive
    private let writer: ObjectWriter
    private let store: ObjectStore
    private let limits: LayerLimits
    private let progress: ((UInt64) -> Void)?
    private var known: KnownLayers
    private var kept: [KeepingSource] = []
    private var keptDigests: Set<Digest> = []
    private var total: UInt64 = 0

    init(
        from archive: ImageArchive, into repository: Repository, writer: ObjectWriter, _ request: LoadRequest,
        _ progress: ((UInt64) -> Void)?
    ) throws {
        self.archive = archive
        self.writer = writer
        limits = request.limits
        self.progress = progress
        store = try repository.store()
        known = try request.rereads ? KnownLayers() : KnownLayers(in: repository)
    }

    /// - Returns: the commit with the image's config, on those of its layers.
    mutating func load(_ image: ArchivedImage) throws -> ObjectID {
        var parent: ObjectID?
        var fs: ObjectID?
        var layers = image.layers[...]
        let history = image.config.history
        let entries: [ImageConfig.History?] = history.isEmpty ? image.layers.map { _ in nil } : history
        for entry in entries {
            var content = CommitContent(fs: try fs ?? emptyRoot(), config: nil)
            var diffID: Digest?
            if entry?.isEmptyLayer != true, let layer = layers.popFirst() {
                let result = try apply(layer, onto: fs)
                content = CommitContent(fs: result.fs, config: nil, layer: result.layer)
                diffID = layer.diffID
            }
            let commit = LayerCommits.commit(
                tree: try content.write(to: writer), parents: parent.map { [$0] } ?? [], entry: entry, diffID: diffID)
            parent = try writer.add(.commit, commit.encoded)
            fs = content.fs
        }
        let content = CommitContent(
            fs: try fs ?? emptyRoot(), config: try writer.add(.blob, image.config.bytes),
            manifest: try image.manifest.map { try writer.add(.blob, $0.bytes) })
        let commit = LayerCommits.commit(
            tree: try content.write(to: writer), parents: parent.map { [$0] } ?? [], config: image.config)
        return try writer.add(.commit, commit.encoded)
    }

    /// Makes the blobs of the layers that were read durable. To be done before a tag points at an image that has them.
    mutating func keepBlobs() throws {
        for source in kept { try source.publish() }
        kept = []
    }

    private func emptyRoot() throws -> ObjectID { try writer.add(Directory.empty) }

    /// The tree with a layer on it, and the layer's recipe.
    private mutating func apply(_ layer: ArchivedLayer, onto base: ObjectID?) throws -> KnownLayers.Result {
        let application = KnownLayers.Application(base: base, diffID: layer.diffID)
        if let result = known[application] {
            try keepOnly(layer)
            return result
        }
        let source = try keeping(layer)
        let name = "\(archive.name): layer \(layer.diffID.short)"
        let recipe = Recipes.Writer(to: writer)
        let reader = try LayerReader(source, named: name, limits: limits) { (chunk) throws(ImagesError) in
            try recipe.add(chunk)
        }
        let builder = LayerBuilder(onto: base, from: writer)
        while let entry = try reader.next() {
            try Interrupts.check()
            do { try place(entry, of: reader, in: builder) } catch let error as SnapshotError {
                switch error {
                case .conflict(let path, let reason), .unsupported(let path, let reason):
                    throw EngineError.refused("read layer", subject: "\(name): entry '\(path)'", reason: reason)
                case .corrupt, .system: throw error
                }
            }
        }
        let (diffID, size) = try reader.finish()
        guard diffID == layer.diffID else {
            throw EngineError.refused(
                "read layer", subject: name, reason: "its content is \(diffID), and its config says \(layer.diffID)")
        }
        let result = KnownLayers.Result(
            fs: try builder.write(to: writer), layer: try recipe.finish(.init(diffID: diffID, size: size)))
        known.add(application, result)
        return result
    }

    private mutating func place(_ entry: LayerEntry, of reader: LayerReader, in builder: LayerBuilder) throws {
        switch entry {
        case .whiteout(let path): try builder.addWhiteout(path)
        case .opaque(let path): try builder.addOpaque(path)
        case .entry(let entry):
            if let target = entry.hardLinkTarget { return try builder.addHardLink(entry.path, to: target) }
            let attributes = entry.attributes
            switch attributes.kind {
            case .directory: try builder.addDirectory(entry.path, attributes)
            case .regular:
                let body = try writer.addBody(size: attributes.size, holes: attributes.holes) { buffer in
                    let count = try reader.read(into: buffer)
                    total += UInt64(count)
                    progress?(total)
                    return count
                }
                reader.stored(as: body)
                try builder.addLeaf(entry.path, attributes, body: body)
            case .symlink:
                let body = try writer.add(.blob, entry.symlinkTarget ?? [])
                try builder.addLeaf(entry.path, attributes, body: body)
            default: try builder.addLeaf(entry.path, attributes, body: .emptyBlob)
            }
        }
    }

    // MARK: Blobs

    /// A layer's blob, which is kept as it passes, where it is to be kept.
    private mutating func keeping(_ layer: ArchivedLayer) throws -> any ByteSource {
        try kept(layer) ?? archive.open(layer)
    }

    /// Keeps the blob of a layer that need not be read.
    private mutating func keepOnly(_ layer: ArchivedLayer) throws {
        guard let source = try kept(layer) else { return }
        while try !source.next().isEmpty { try Interrupts.check() }
    }

    /// Nil where there is no need: an uncompressed layer is what its recipe gives.
    private mutating func kept(_ layer: ArchivedLayer) throws -> KeepingSource? {
        guard let digest = layer.descriptor?.digest, digest != layer.diffID, try store.keptBlob(digest) == nil,
            keptDigests.insert(digest).inserted
        else { return nil }
        let source = KeepingSource(try archive.open(layer), as: digest, in: try store.keepBlob())
        kept.append(source)
        return source
    }
}

/// Another source, whose bytes are kept as they pass.
final class KeepingSource: ByteSource {
    private let source: any ByteSource
    private let digest: Digest
    private let writer: KeptBlobWriter

    /// - Parameter source: checks the digest at its end.
    init(_ source: any ByteSource, as digest: Digest, in writer: KeptBlobWriter) {
        self.source = source
        self.digest = digest
        self.writer = writer
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let bytes = try source.next()
        do throws(SystemError) { try writer.write(bytes) } catch {
            throw ImagesError("keep blob", digest.description, error.description)
        }
        return bytes
    }

    /// Makes it visible. Only after all was read.
    func publish() throws { try writer.publish(as: digest) }
}
