import Model

/// Manifests to choose from, for several platforms or names (image-spec, "Image Index"; Docker's manifest list).
public struct ImageIndex: Hashable, Sendable {
    /// A larger one is refused, as registries do (distribution-spec, "Pushing Manifests").
    public static let maximumByteCount = 4 << 20

    public let document: Document
    public let mediaType: MediaType
    public let manifests: [ContentDescriptor]
    public let annotations: [String: String]

    public var bytes: [UInt8] { document.bytes }
    public var digest: Digest { document.digest }

    /// - Parameters:
    ///   - name: what messages call it.
    ///   - expected: the media type by which it was referred to; the document has to agree.
    public init(parsing bytes: [UInt8], named name: String, as expected: MediaType? = nil) throws(ImagesError) {
        self = try Document.reading("image index", name) { () throws(Refusal) in
            try ImageIndex(Document(parsing: bytes, limit: Self.maximumByteCount), expected)
        }
    }

    private init(_ document: Document, _ expected: MediaType?) throws(Refusal) {
        self.document = document
        let members = try Members(document.json)
        mediaType = try ManifestKind.check(members, expected, default: .ociIndex, is: \.isIndex)
        guard try !members.has("layers"), try !members.has("config") else {
            throw Refusal("it has the members of a manifest and of an index")
        }
        var manifests: [ContentDescriptor] = []
        for manifest in try members.required("manifests", try members.objects("manifests")) {
            manifests.append(try ContentDescriptor(reading: manifest))
        }
        self.manifests = manifests
        annotations = try members.dictionary("annotations")
    }

    /// An OCI index as varve writes it.
    public init(manifests: [ContentDescriptor], annotations: [String: String] = [:]) {
        mediaType = .ociIndex
        self.manifests = manifests
        self.annotations = annotations
        var members: [JSON.Member] = [
            JSON.Member("schemaVersion", 2), JSON.Member("mediaType", .string(mediaType.text)),
            JSON.Member("manifests", .array(manifests.map(\.json))),
        ]
        if !annotations.isEmpty { members.append(JSON.Member("annotations", ContentDescriptor.json(annotations))) }
        document = Document(writing: .object(members))
    }
}
