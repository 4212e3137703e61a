import Linux
import Model

/// An image as it leaves.
public struct SavedImage: Sendable {
    /// Full names (``ImageReference/full(_:)``); without any, the image can only be told by its digest.
    public let names: [String]
    /// What an OCI layout needs; docker's archives have none.
    public let manifest: ImageManifest?
    public let config: ImageConfig

    public init(names: [String], manifest: ImageManifest?, config: ImageConfig) {
        self.names = names
        self.manifest = manifest
        self.config = config
    }
}

/// Writes images as other tools read them: first the layers, each once, then what refers to them.
///
/// The same images give the same bytes. Nothing is kept in memory but the documents. A directory is flushed to the disk
/// before its index is there; a file is the caller's to flush. After an error the writer gives the
/// same error for ever, and what it wrote is of no use.
public final class ImageArchiveWriter {
    public enum Format: String, Sendable, CaseIterable {
        /// An image layout (image-spec, "Image Layout") in a tar file. It has docker's `manifest.json` as well, so that
        /// `docker load` takes it from version 1.10 on.
        case ociArchive = "oci-archive"
        /// An image layout in a directory.
        case ociDirectory = "oci-dir"
        /// What `docker load` reads, with uncompressed layers.
        case dockerArchive = "docker-archive"
    }

    private let format: Format
    private let name: String
    private let sink: any ArchiveSink
    private var sizes: [Digest: UInt64] = [:]
    /// Of which there is a directory of blobs.
    private var algorithms: Set<Digest.Algorithm> = []
    private var failure: ImagesError?

    /// - Parameters:
    ///   - descriptor: open for writing: a file or a pipe; for a layout directory that directory, empty.
    ///   - name: what messages call it.
    public init(writing descriptor: consuming Descriptor, as format: Format, named name: String) throws(ImagesError) {
        self.format = format
        self.name = name
        do throws(Refusal) {
            switch format {
            case .ociArchive, .dockerArchive: sink = TarSink(descriptor)
            case .ociDirectory: sink = try DirectorySink(descriptor)
            }
        } catch { throw ImagesError("write archive", name, error.reason) }
        guard format != .dockerArchive else { return }
        try writing("it") { () throws(Refusal) in
            try sink.add(OCILayout.fileName, OCILayout.bytes)
            try sink.makeDirectory("blobs")
        }
    }

    /// Whether this layer is written already.
    public func has(_ digest: Digest) -> Bool { sizes[digest] != nil }

    /// Writes a layer, unless it is there: as its manifest has it, or for docker's format uncompressed, under its diffID.
    /// - Parameters:
    ///   - digest: of the bytes that come; others are an error.
    ///   - size: how many bytes those are.
    public func add(_ digest: Digest, size: UInt64, reading source: any ByteSource) throws(ImagesError) {
        if let failure { throw failure }
        if has(digest) { return }
        var hash = ContentHash(digest.algorithm)
        var rest = size
        try writing("\(digest)") { () throws(Refusal) in
            try makeDirectory(for: digest)
            try sink.begin(path(digest), size: size)
        }
        while true {
            let bytes: UnsafeRawBufferPointer
            do throws(ImagesError) { bytes = try source.next() } catch {
                failure = error
                throw error
            }
            if bytes.isEmpty { break }
            hash.update(bytes)
            try writing("\(digest)") { () throws(Refusal) in
                guard UInt64(bytes.count) <= rest else { throw Refusal("there is more of it than \(size) bytes") }
                try sink.write(bytes)
            }
            rest -= UInt64(bytes.count)
        }
        try writing("\(digest)") { () throws(Refusal) in
            guard rest == 0 else { throw Refusal("it ends after \(size - rest) of \(size) bytes") }
            guard hash.digest == digest else { throw Refusal("its content has another digest") }
            try sink.end()
        }
        sizes[digest] = size
    }

    /// Writes what refers to the layers, and ends the archive. Throws where a layer wasn't added, or an image of an OCI
    /// layout has no manifest.
    public func finish(_ images: [SavedImage]) throws(ImagesError) {
        try writing("it") { () throws(Refusal) in
            for image in images { try check(image) }
            switch format {
            case .dockerArchive: try finishDocker(images)
            case .ociArchive, .ociDirectory: try finishLayout(images)
            }
        }
    }

    // MARK: Documents

    private func check(_ image: SavedImage) throws(Refusal) {
        if format == .dockerArchive {
            for diffID in image.config.diffIDs where !has(diffID) { throw Refusal("the layer \(diffID) is missing") }
            return
        }
        guard let manifest = image.manifest else { throw Refusal("an image has no manifest") }
        guard manifest.config.digest == image.config.digest else {
            throw Refusal("the manifest \(manifest.digest) has another config than its image")
        }
        for layer in manifest.layers {
            guard let size = sizes[layer.digest] else { throw Refusal("the layer \(layer.digest) is missing") }
            guard size == UInt64(layer.size) else { throw Refusal("the layer \(layer.digest) has another size") }
        }
    }

    private func finishLayout(_ images: [SavedImage]) throws(Refusal) {
        var entries: [(name: String, descriptor: ContentDescriptor)] = []
        for image in images {
            guard let manifest = image.manifest else { continue }
            try addDocument(image.config.document)
            try addDocument(manifest.document)
            let platform = image.config.platform
            entries += image.names.map { name in
                (name, manifest.descriptor(platform: platform, annotations: ImageReference.annotations(name)))
            }
            if image.names.isEmpty { entries.append(("", manifest.descriptor(platform: platform))) }
        }
        entries.sort { ($0.name, $0.descriptor.digest) < ($1.name, $1.descriptor.digest) }
        if format == .ociArchive {
            try sink.add(
                DockerArchiveManifest.fileName, dockerManifest(images) { $0.manifest?.layers.map(\.digest) ?? [] })
        }
        try sink.finish(with: ImageArchive.indexName, ImageIndex(manifests: entries.map(\.descriptor)).bytes)
    }

    private func finishDocker(_ images: [SavedImage]) throws(Refusal) {
        for image in images { try addDocument(image.config.document) }
        try sink.finish(with: DockerArchiveManifest.fileName, dockerManifest(images) { $0.config.diffIDs })
    }

    private func dockerManifest(_ images: [SavedImage], _ layers: (SavedImage) -> [Digest]) -> [UInt8] {
        let entries = images.map { image in
            DockerArchiveManifest.Image(
                config: documentPath(image.config.digest), layers: layers(image).map(path),
                // Docker knows images by name and tag, and nothing else.
                repoTags: image.names.sorted())
        }
        return DockerArchiveManifest(
            images: entries.sorted { ($0.repoTags.first ?? "", $0.config) < ($1.repoTags.first ?? "", $1.config) }
        ).bytes
    }

    private func addDocument(_ document: Document) throws(Refusal) {
        guard sizes.updateValue(UInt64(document.bytes.count), forKey: document.digest) == nil else { return }
        try makeDirectory(for: document.digest)
        try sink.add(documentPath(document.digest), document.bytes)
    }

    private func makeDirectory(for digest: Digest) throws(Refusal) {
        guard format != .dockerArchive, algorithms.insert(digest.algorithm).inserted else { return }
        try sink.makeDirectory("blobs/\(digest.algorithm)")
    }

    private func path(_ digest: Digest) -> String {
        format == .dockerArchive ? "\(digest.hex).tar" : "blobs/\(digest.algorithm)/\(digest.hex)"
    }

    private func documentPath(_ digest: Digest) -> String {
        format == .dockerArchive ? "\(digest.hex).json" : path(digest)
    }

    /// Does one step, unless one failed before.
    private func writing(_ what: String, _ work: () throws(Refusal) -> Void) throws(ImagesError) {
        if let failure { throw failure }
        do throws(Refusal) { try work() } catch {
            let failure = ImagesError("write archive", what == "it" ? name : "\(name): \(what)", error.reason)
            self.failure = failure
            throw failure
        }
    }
}
