import Model

/// The file `manifest.json` of what `docker save` writes (Docker's image.spec 1.2, "Combined Image JSON + Filesystem
/// Changeset Format").
struct DockerArchiveManifest {
    static let fileName = "manifest.json"
    static let maximumByteCount = 16 << 20

    struct Image {
        /// Paths in the archive.
        let config: String
        let layers: [String]
        let repoTags: [String]
    }

    let images: [Image]

    init(images: [Image]) { self.images = images }

    /// - Parameter name: what messages call it.
    init(parsing bytes: [UInt8], named name: String) throws(ImagesError) {
        images = try Document.reading("archive manifest", name) { () throws(Refusal) in
            let document = try Document(parsing: bytes, limit: Self.maximumByteCount)
            guard let elements = document.json.array else { throw Refusal("it is no list") }
            var images: [Image] = []
            for (index, element) in elements.enumerated() {
                images.append(try Image(reading: Members(element, at: "[\(index)]")))
            }
            return images
        }
    }

    var bytes: [UInt8] {
        let list = images.map { image in
            JSON.object([
                JSON.Member("Config", .string(image.config)),
                JSON.Member("RepoTags", .array(image.repoTags.map { .string($0) })),
                JSON.Member("Layers", .array(image.layers.map { .string($0) })),
            ])
        }
        return JSON.array(list).canonical()
    }
}

extension DockerArchiveManifest.Image {
    init(reading members: Members) throws(Refusal) {
        config = try members.required("Config", try members.string("Config"))
        // null where there is no layer.
        layers = try members.strings("Layers") ?? []
        repoTags = try members.strings("RepoTags") ?? []
    }
}
