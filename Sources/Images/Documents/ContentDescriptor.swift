import Model

/// Says what some content is, and how to tell that one has it (image-spec, "OCI Content Descriptors").
public struct ContentDescriptor: Hashable, Sendable {
    public let mediaType: MediaType
    public let digest: Digest
    /// In bytes; never negative.
    public let size: Int64
    public let platform: Platform?
    public let annotations: [String: String]
    /// Where else the content may be had.
    public let urls: [String]
    public let artifactType: String?
    /// All members, also those that varve doesn't know.
    public let json: JSON

    public init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil,
        annotations: [String: String] = [:]
    ) {
        precondition(size >= 0)
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
        urls = []
        artifactType = nil
        // In the order that they are written in, so that a descriptor equals the one read back.
        var members: [JSON.Member] = []
        if !annotations.isEmpty { members.append(JSON.Member("annotations", Self.json(annotations))) }
        members.append(JSON.Member("digest", .string(digest.description)))
        members.append(JSON.Member("mediaType", .string(mediaType.text)))
        if let platform { members.append(JSON.Member("platform", platform.json)) }
        members.append(JSON.Member("size", .integer(size)))
        json = .object(members)
    }

    init(reading members: Members) throws(Refusal) {
        json = members.json
        mediaType = try MediaType(parsing: members.required("mediaType", try members.string("mediaType")))
        digest = try members.digest(members.required("digest", try members.string("digest")), of: "digest")
        size = try members.required("size", try members.integer("size"))
        guard size >= 0 else { throw Refusal("'\(members.path("size"))' is negative") }
        platform = try members.object("platform").map { object throws(Refusal) in try Platform(reading: object) }
        annotations = try members.dictionary("annotations")
        urls = try members.strings("urls") ?? []
        artifactType = try members.string("artifactType")
    }

    /// The same with other annotations.
    public func annotated(_ annotations: [String: String]) -> ContentDescriptor {
        ContentDescriptor(
            mediaType: mediaType, digest: digest, size: size, platform: platform, annotations: annotations)
    }

    static func json(_ annotations: [String: String]) -> JSON {
        .object(
            annotations.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
                JSON.Member($0.key, .string($0.value))
            })
    }
}
