import Model

/// What an image is made of and how it wants to be run (image-spec, "Image Configuration"; Docker's image.spec 1.2).
/// The image's id is its digest.
public struct ImageConfig: Hashable, Sendable {
    public static let maximumByteCount = 16 << 20
    /// Docker makes 127 at most.
    static let maximumLayers = 1_000
    static let maximumHistory = 10_000

    /// One step of how the image was made.
    public struct History: Hashable, Sendable {
        public let created: Timestamp?
        public let author: String?
        public let createdBy: String?
        public let comment: String?
        /// Whether the step changed no file, and so has no layer.
        public let isEmptyLayer: Bool
        /// All members, also those that varve doesn't know.
        public let json: JSON
    }

    public let document: Document
    public let created: Timestamp?
    public let author: String?
    /// Normalised. The text as it stands is in ``document``.
    public let platform: Platform
    /// The digest of each layer's uncompressed tar, the lowest first.
    public let diffIDs: [Digest]
    /// The oldest first; empty where nothing is known. Otherwise as many of them have a layer as there are layers.
    public let history: [History]

    public var bytes: [UInt8] { document.bytes }
    public var digest: Digest { document.digest }

    /// - Parameter name: what messages call it.
    public init(parsing bytes: [UInt8], named name: String) throws(ImagesError) {
        self = try Document.reading("image config", name) { () throws(Refusal) in
            try ImageConfig(Document(parsing: bytes, limit: Self.maximumByteCount))
        }
    }

    private init(_ document: Document) throws(Refusal) {
        self.document = document
        let members = try Members(document.json)
        created = try members.time("created")
        author = try members.string("author")
        platform = try Platform(reading: members)
        let rootfs = try members.required("rootfs", try members.object("rootfs"))
        guard try rootfs.required("type", try rootfs.string("type")) == "layers" else {
            throw Refusal("its 'rootfs.type' is not 'layers'")
        }
        var diffIDs: [Digest] = []
        // Docker leaves the list out, or null, where there is no layer.
        let texts = try rootfs.strings("diff_ids") ?? []
        guard texts.count <= Self.maximumLayers else {
            throw Refusal("it has \(texts.count) layers, more than \(Self.maximumLayers)")
        }
        for text in texts {
            diffIDs.append(try rootfs.digest(text, of: "diff_ids"))
        }
        self.diffIDs = diffIDs
        var history: [History] = []
        let steps = try members.objects("history") ?? []
        guard steps.count <= Self.maximumHistory else {
            throw Refusal("its history has \(steps.count) steps, more than \(Self.maximumHistory)")
        }
        for step in steps { history.append(try History(reading: step)) }
        self.history = history
        let layers = history.count { !$0.isEmptyLayer }
        guard history.isEmpty || layers == diffIDs.count else {
            throw Refusal("its history has \(layers) steps with a layer, and 'rootfs.diff_ids' has \(diffIDs.count)")
        }
        // What run goes by has to have the form that it expects.
        if let config = try members.object("config") { try Self.check(config) }
    }

    private static func check(_ config: Members) throws(Refusal) {
        for key in ["User", "WorkingDir", "StopSignal"] { _ = try config.string(key) }
        for key in ["Env", "Entrypoint", "Cmd", "Shell", "OnBuild"] { _ = try config.strings(key) }
        _ = try config.dictionary("Labels")
        for key in ["ExposedPorts", "Volumes", "Healthcheck"] { _ = try config.object(key) }
    }

    /// What refers to this config.
    public func descriptor(mediaType: MediaType = .ociConfig) -> ContentDescriptor {
        ContentDescriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }
}

extension ImageConfig.History {
    init(reading members: Members) throws(Refusal) {
        json = members.json
        created = try members.time("created")
        author = try members.string("author")
        createdBy = try members.string("created_by")
        comment = try members.string("comment")
        isEmptyLayer = try members.bool("empty_layer") ?? false
    }
}
