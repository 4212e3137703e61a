import Model

/// An image's config and layers, by digest (image-spec, "Image Manifest"; Docker's schema 2).
public struct ImageManifest: Hashable, Sendable {
    /// A larger one is refused, as registries do (distribution-spec, "Pushing Manifests").
    public static let maximumByteCount = 4 << 20

    public let document: Document
    public let mediaType: MediaType
    public let config: ContentDescriptor
    /// The lowest first.
    public let layers: [ContentDescriptor]
    /// What this manifest says something about, where it is no image but an attachment to one.
    public let subject: ContentDescriptor?
    public let artifactType: String?
    public let annotations: [String: String]

    public var bytes: [UInt8] { document.bytes }
    public var digest: Digest { document.digest }

    /// - Parameters:
    ///   - name: what messages call it.
    ///   - expected: the media type by which it was referred to; the document has to agree.
    public init(parsing bytes: [UInt8], named name: String, as expected: MediaType? = nil) throws(ImagesError) {
        self = try Document.reading("image manifest", name) { () throws(Refusal) in
            try ImageManifest(Document(parsing: bytes, limit: Self.maximumByteCount), expected)
        }
    }

    private init(_ document: Document, _ expected: MediaType?) throws(Refusal) {
        self.document = document
        let members = try Members(document.json)
        mediaType = try ManifestKind.check(members, expected, default: .ociManifest, is: \.isManifest)
        guard try !members.has("manifests") else {
            throw Refusal("it has the members of a manifest and of an index")
        }
        config = try ContentDescriptor(reading: members.required("config", try members.object("config")))
        var layers: [ContentDescriptor] = []
        for layer in try members.required("layers", try members.objects("layers")) {
            layers.append(try ContentDescriptor(reading: layer))
        }
        self.layers = layers
        subject = try members.object("subject").map { object throws(Refusal) in
            try ContentDescriptor(reading: object)
        }
        artifactType = try members.string("artifactType")
        annotations = try members.dictionary("annotations")
    }

    /// An OCI manifest as varve writes it.
    public init(config: ContentDescriptor, layers: [ContentDescriptor], annotations: [String: String] = [:]) {
        mediaType = .ociManifest
        self.config = config
        self.layers = layers
        subject = nil
        artifactType = nil
        self.annotations = annotations
        var members: [JSON.Member] = [
            JSON.Member("schemaVersion", 2), JSON.Member("mediaType", .string(mediaType.text)),
            JSON.Member("config", config.json), JSON.Member("layers", .array(layers.map(\.json))),
        ]
        if !annotations.isEmpty { members.append(JSON.Member("annotations", ContentDescriptor.json(annotations))) }
        document = Document(writing: .object(members))
    }

    /// What refers to this manifest.
    public func descriptor(platform: Platform? = nil, annotations: [String: String] = [:]) -> ContentDescriptor {
        ContentDescriptor(
            mediaType: mediaType, digest: digest, size: Int64(bytes.count), platform: platform, annotations: annotations
        )
    }

    /// Whether this describes a root filesystem, and no signature, attestation or other thing that is only kept the same
    /// way.
    public var isImage: Bool {
        config.mediaType.isConfig && subject == nil && artifactType == nil
            && layers.allSatisfy { $0.mediaType.layerCompression != nil }
    }
}

/// What manifests and indexes have in common.
enum ManifestKind {
    /// Checks `schemaVersion` and `mediaType`, and gives the latter. A document must be what it was referred to as, else
    /// the same digest could mean one thing here and another elsewhere (CVE-2021-41190).
    static func check(
        _ members: Members, _ expected: MediaType?, default: MediaType, is kind: (MediaType) -> Bool
    ) throws(Refusal) -> MediaType {
        let stated = try members.string("mediaType").map { text throws(Refusal) in try MediaType(parsing: text) }
        let version = try members.integer("schemaVersion")
        if version == 1 || stated?.isSchema1 ?? false || expected?.isSchema1 ?? false {
            throw Refusal(
                "it is of Docker's schema 1, which is no longer in use; write the image anew with a current tool")
        }
        guard try members.required("schemaVersion", version) == 2 else { throw Refusal("its schemaVersion is not 2") }
        let mediaType = stated ?? expected ?? `default`
        if let expected, mediaType != expected {
            throw Refusal("it says that it is \(mediaType), and was referred to as \(expected)")
        }
        guard kind(mediaType) else { throw Refusal("it is \(mediaType), not what should stand here") }
        return mediaType
    }
}
