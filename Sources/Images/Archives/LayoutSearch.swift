import Model

/// Follows indexes to the manifests of images, and passes over what is none: signatures, attestations.
struct LayoutSearch {
    /// How many indexes may stand inside each other.
    static let maximumDepth = 4
    /// How many documents a search may read.
    static let maximumDocuments = 10_000

    struct Candidate {
        let descriptor: ContentDescriptor
        let platform: Platform
        /// Nil where it wasn't needed yet.
        let known: ImageManifest?

        func manifest(of archive: ImageArchive) throws(ImagesError) -> ImageManifest {
            if let known { return known }
            return try archive.manifest(descriptor)
        }
    }

    let archive: ImageArchive
    /// The kinds of what is no image, for a message.
    private(set) var passedOver: [String] = []
    private var documents = 0

    init(archive: ImageArchive) { self.archive = archive }

    mutating func candidates(of descriptors: [ContentDescriptor]) throws(ImagesError) -> [Candidate] {
        var found: [Candidate] = []
        var seen: Set<Digest> = []
        try search(descriptors, depth: 0, &seen, &found)
        return found
    }

    private mutating func search(
        _ descriptors: [ContentDescriptor], depth: Int, _ seen: inout Set<Digest>, _ found: inout [Candidate]
    ) throws(ImagesError) {
        guard depth <= Self.maximumDepth else {
            throw archive.refused("more than \(Self.maximumDepth) indexes stand inside each other")
        }
        for descriptor in descriptors where seen.insert(descriptor.digest).inserted {
            if descriptor.isAttestation {
                passOver("an attestation")
            } else if descriptor.mediaType.isIndex {
                try count()
                let index = try ImageIndex(
                    parsing: try archive.contents(descriptor, limit: ImageIndex.maximumByteCount),
                    named: archive.subject(ImageArchive.blobPath(descriptor.digest)), as: descriptor.mediaType)
                try search(index.manifests, depth: depth + 1, &seen, &found)
            } else if descriptor.mediaType.isManifest || descriptor.mediaType.isSchema1 {
                try add(descriptor, isAlone: descriptors.count == 1, &found)
            } else {
                passOver(descriptor.mediaType.text)
            }
        }
    }

    /// Where the platform is told, a manifest of another one needn't be there, as in a layout that was copied in part.
    private mutating func add(
        _ descriptor: ContentDescriptor, isAlone: Bool, _ found: inout [Candidate]
    ) throws(ImagesError) {
        if let platform = descriptor.platform, !isAlone, descriptor.artifactType == nil {
            found.append(Candidate(descriptor: descriptor, platform: platform, known: nil))
            return
        }
        try count()
        let manifest = try archive.manifest(descriptor)
        guard manifest.isImage else {
            passOver(manifest.artifactType ?? descriptor.artifactType ?? manifest.kind)
            return
        }
        var platform = descriptor.platform
        if platform == nil {
            try count()
            let bytes = try archive.contents(manifest.config, limit: ImageConfig.maximumByteCount)
            let name = archive.subject(ImageArchive.blobPath(manifest.config.digest))
            platform = try ImageConfig(parsing: bytes, named: name).platform
        }
        found.append(Candidate(descriptor: descriptor, platform: platform ?? .host, known: manifest))
    }

    private mutating func passOver(_ kind: String) {
        let shown = Members.shown(kind)
        if !passedOver.contains(shown), passedOver.count < 8 { passedOver.append(shown) }
    }

    private mutating func count() throws(ImagesError) {
        documents += 1
        guard documents <= Self.maximumDocuments else {
            throw archive.refused("its indexes lead to more than \(Self.maximumDocuments) documents")
        }
    }
}

extension ImageArchive {
    func manifest(_ descriptor: ContentDescriptor) throws(ImagesError) -> ImageManifest {
        try ImageManifest(
            parsing: try contents(descriptor, limit: ImageManifest.maximumByteCount),
            named: subject(Self.blobPath(descriptor.digest)), as: descriptor.mediaType)
    }
}

extension ContentDescriptor {
    /// BuildKit puts what it says about an image beside it, as a manifest for no platform.
    fileprivate var isAttestation: Bool {
        platform?.isUnknown ?? false || annotations["vnd.docker.reference.type"] != nil
    }
}

extension ImageManifest {
    /// What it is of, where it is no image.
    fileprivate var kind: String {
        let layer = layers.first { $0.mediaType.layerCompression == nil }
        return (config.mediaType.isConfig ? layer?.mediaType : nil)?.text ?? config.mediaType.text
    }
}
