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
    private let rereads: Bool
    private let progress: ((UInt64) -> Void)?
    private var known: KnownLayers
    private var kept: [KeepingSource.Sealed] = []
    private var total: UInt64 = 0

    init(
        from archive: ImageArchive, into repository: Repository, writer: ObjectWriter, _ request: LoadRequest,
        _ progress: ((UInt64) -> Void)?
    ) throws {
        self.archive = archive
        self.writer = writer
        limits = request.limits
        rereads = request.rereads
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

    /// Makes the blobs of the layers that were read visible. To be done before a tag points at an image that has them.
    func keepBlobs() throws { for blob in kept { try blob.writer.publish(as: blob.digest) } }

    private func emptyRoot() throws -> ObjectID { try writer.add(Directory.empty) }

    /// The tree with a layer on it, and the layer's recipe.
    private mutating func apply(_ layer: ArchivedLayer, onto base: ObjectID?) throws -> KnownLayers.Result {
        let application = KnownLayers.Application(base: base, diffID: layer.diffID)
        if let result = known[application] {
            try check(layer, as: result)
            return result
        }
        let (source, keeping) = try content(of: layer)
        let name = name(of: layer)
        let recipe = Recipes.Writer(to: writer)
        let reader = try LayerReader(source, named: name, limits: limits) { (chunk) throws(ImagesError) in
            try recipe.add(chunk)
        }
        let builder = LayerBuilder(onto: base, from: writer, limit: limits.entries)
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
        try match(diffID, layer)
        try keep(keeping)
        let result = KnownLayers.Result(
            fs: try builder.write(to: writer), layer: try recipe.finish(.init(diffID: diffID, size: size)))
        known.add(application, result)
        if let digest = layer.descriptor?.digest { known.blobs.insert(.init(digest: digest, diffID: diffID)) }
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

    /// A layer's blob; kept as it passes where it is compressed, since an uncompressed one is what its recipe gives.
    private func content(of layer: ArchivedLayer) throws -> (source: any ByteSource, keeping: KeepingSource?) {
        let source = try archive.open(layer)
        guard let digest = layer.descriptor?.digest, digest != layer.diffID,
            try rereads || store.keptBlob(digest) == nil
        else { return (source, nil) }
        let keeping = KeepingSource(source, as: digest, in: try store.keepBlob())
        return (keeping, keeping)
    }

    /// Sees to it that a layer of the archive is what the repository has of that name, and keeps its blob. What was seen
    /// once, when an image was loaded, is not read again.
    private mutating func check(_ layer: ArchivedLayer, as result: KnownLayers.Result) throws {
        guard let descriptor = layer.descriptor else { return }
        if descriptor.digest == layer.diffID {
            let size = try Recipes.tarFile(of: result.layer, in: writer).size
            guard size == UInt64(descriptor.size) else {
                throw EngineError.refused(
                    "read layer", subject: name(of: layer),
                    reason: "its size is \(size), and its manifest says \(descriptor.size)")
            }
            return
        }
        let blob = KnownLayers.Blob(digest: descriptor.digest, diffID: layer.diffID)
        if known.blobs.contains(blob), try store.keptBlob(descriptor.digest) != nil { return }
        let (source, keeping) = try content(of: layer)
        try match(try LayerContent.diffID(of: source, named: name(of: layer), limits: limits), layer)
        try keep(keeping)
        known.blobs.insert(blob)
    }

    private mutating func keep(_ source: KeepingSource?) throws {
        if let source { kept.append(try source.sealed()) }
    }

    private func match(_ found: Digest, _ layer: ArchivedLayer) throws {
        guard found == layer.diffID else {
            throw EngineError.refused(
                "read layer", subject: name(of: layer),
                reason: "its content is \(found), and its config says \(layer.diffID)")
        }
    }

    private func name(of layer: ArchivedLayer) -> String { "\(archive.name): layer \(layer.diffID.short)" }
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

    /// A whole blob that is still to be published.
    struct Sealed {
        let writer: KeptBlobWriter
        let digest: Digest
    }

    /// Only after all was read.
    func sealed() throws -> Sealed {
        try writer.seal()
        return Sealed(writer: writer, digest: digest)
    }
}
