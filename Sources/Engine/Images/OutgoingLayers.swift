import Glibc
import Images
import Linux
import Model
import ObjectStore
import Snapshot

/// How layers are compressed that leave.
public enum LayerCompression: Sendable, Hashable {
    case none
    case gzip(level: Int32)
    case zstd(level: Int32)

    /// Where none is asked for. Level 6 takes zlib twice the time of this one, and makes a Debian image 2.5% smaller.
    public static let gzipLevel: Int32 = 4

    var mediaType: MediaType {
        switch self {
        case .none: .ociLayer
        case .gzip: .ociLayerGzip
        case .zstd: .ociLayerZstd
        }
    }
}

/// A layer as it leaves.
struct OutgoingLayer {
    let diffID: Digest
    let descriptor: ContentDescriptor
    /// Gives the blob that the descriptor is of.
    let open: () throws -> any ByteSource
}

/// Makes the blobs of layers, each once.
final class OutgoingLayers {
    private let store: ObjectStore
    private let root: String
    private let compression: LayerCompression
    private var made: [ImageHistory.Layer: OutgoingLayer] = [:]
    /// What layers could not carry.
    private(set) var leftOut: [LeftOut] = []

    init(in store: ObjectStore, root: String, _ compression: LayerCompression) {
        self.store = store
        self.root = root
        self.compression = compression
    }

    func layer(_ layer: ImageHistory.Layer) throws -> OutgoingLayer {
        if let there = made[layer] { return there }
        let blob: OutgoingLayer
        switch layer {
        case .imported(let recipe, let diffID): blob = try imported(recipe, diffID)
        case .difference(let old, let new): blob = try difference(old, new)
        }
        made[layer] = blob
        return blob
    }

    /// A layer of an image that was loaded, as its manifest says it: where its blob was kept, or is the tar file. Nil where
    /// it has to be compressed anew.
    func asItCame(_ layer: ImageHistory.Layer, _ descriptor: ContentDescriptor) throws -> OutgoingLayer? {
        guard case .imported(let recipe, let diffID) = layer else { return nil }
        let store = store
        if descriptor.digest == diffID {
            return OutgoingLayer(diffID: diffID, descriptor: descriptor) { try Recipes.source(of: recipe, in: store) }
        }
        guard try store.keptBlob(descriptor.digest) != nil else { return nil }
        return OutgoingLayer(diffID: diffID, descriptor: descriptor) {
            guard let blob = try store.keptBlob(descriptor.digest) else {
                throw StoreError("open blob", descriptor.digest.description, .missing)
            }
            return KeptBlobSource(blob, descriptor.digest)
        }
    }

    /// A layer as it came, compressed anew.
    private func imported(_ recipe: ObjectID, _ diffID: Digest) throws -> OutgoingLayer {
        let store = store
        if compression == .none {
            let size = try Recipes.tarFile(of: recipe, in: store).size
            return OutgoingLayer(
                diffID: diffID,
                descriptor: ContentDescriptor(mediaType: compression.mediaType, digest: diffID, size: Int64(size))
            ) { try Recipes.source(of: recipe, in: store) }
        }
        return try spooled { sink in
            let source = try Recipes.source(of: recipe, in: store)
            // Rebuilding and hashing run beside compressing. Nothing else uses the store meanwhile.
            let ahead = try BackgroundSource(source, name: "layer \(diffID.short)")
            while true {
                let bytes = try ahead.next()
                if bytes.isEmpty { break }
                try Interrupts.check()
                try sink.write(bytes)
            }
            try sink.finish()
            guard let end = source.end else {
                throw EngineError.refused("rebuild layer", subject: recipe.short, reason: "its recipe has no end")
            }
            return end.diffID
        }
    }

    /// A layer of commits made here.
    private func difference(_ old: ObjectID?, _ new: ObjectID) throws -> OutgoingLayer {
        let store = store
        return try spooled { sink in
            let hashing = HashingSink(sink)
            var tar = LayerTar(to: hashing, dialect: .layer) { try store.content(of: $0, $1) }
            try tar.write(try LayerEntries.between(old, new, in: store), in: store)
            leftOut += tar.leftOut
            return hashing.digest
        }
    }

    /// A tar file that is compressed into a file without a name, since its digest has to be known before it is sent.
    /// - Parameter write: gives the tar file's digest.
    private func spooled(_ write: (any ByteSink) throws -> Digest) throws -> OutgoingLayer {
        let directory = try Files.openDirectory(KernelPath(root))
        let file = SpooledFile(try Files.makeUnnamed(in: directory.reference))
        let blob = HashingSink(DescriptorSink(try file.duplicate(), name: "layer"))
        let compressed: any ByteSink =
            switch compression {
            case .none: blob
            case .gzip(let level): GzipSink(blob, level: level)
            case .zstd(let level): try ZstdSink(blob, level: level)
            }
        let diffID = try write(compressed)
        let descriptor = ContentDescriptor(
            mediaType: compression.mediaType, digest: blob.digest, size: Int64(blob.size))
        return OutgoingLayer(diffID: diffID, descriptor: descriptor) { try file.source() }
    }
}

/// A kept blob, which has to be what its name says.
private final class KeptBlobSource: ByteSource {
    private let source: DescriptorSource
    private let digest: Digest
    private let hash: HashingSink

    init(_ blob: consuming Descriptor, _ digest: Digest) {
        hash = HashingSink(nil, digest.algorithm)
        source = DescriptorSource(blob, name: "kept blob \(digest.short)")
        self.digest = digest
    }

    func next() throws(ImagesError) -> UnsafeRawBufferPointer {
        let bytes = try source.next()
        try hash.write(bytes)
        guard !bytes.isEmpty || hash.digest == digest else {
            throw ImagesError(
                "read kept blob", digest.description,
                "its content has another digest; 'varve load --reread' of its image brings it back, and 'varve gc "
                    + "--drop-blobs' does without")
        }
        return bytes
    }
}

/// A file without a name that is read again and again.
private final class SpooledFile {
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    func duplicate() throws(SystemError) -> Descriptor { try descriptor.duplicate() }

    func source() throws -> any ByteSource {
        // Opened anew, so that each reader has a position of its own.
        DescriptorSource(
            try Files.open(KernelPath("/proc/self/fd/\(descriptor.raw)"), flags: O_RDONLY), name: "layer")
    }
}
