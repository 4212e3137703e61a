import Model

extension ImageArchive {
    func dockerImages(for wanted: Platform?) throws(ImagesError) -> [ArchivedImage] {
        let path = Self.path(DockerArchiveManifest.fileName)
        let manifest = try DockerArchiveManifest(
            parsing: try contents(path, limit: DockerArchiveManifest.maximumByteCount), named: subject(path))
        var images: [ArchivedImage] = []
        for entry in manifest.images {
            let image = try dockerImage(entry)
            if let known = images.firstIndex(where: { $0.config.digest == image.config.digest }) {
                images[known].names += image.names.filter { !images[known].names.contains($0) }
            } else {
                images.append(image)
            }
        }
        guard !images.isEmpty else { throw refused("its manifest.json names no image") }
        guard let wanted else { return images }
        let fitting = images.filter { $0.config.platform.distance(from: wanted) != nil }
        guard !fitting.isEmpty else {
            let platforms = Set(images.map(\.config.platform.description)).sorted().joined(separator: ", ")
            throw refused("it has nothing for \(wanted), only for \(platforms)")
        }
        return fitting
    }

    private func dockerImage(_ entry: DockerArchiveManifest.Image) throws(ImagesError) -> ArchivedImage {
        let path = try memberPath(entry.config)
        let bytes = try contents(path, limit: ImageConfig.maximumByteCount)
        let config = try ImageConfig(parsing: bytes, named: subject(path))
        // The name says the digest, in both forms that docker has: `<hex>.json` and `blobs/sha256/<hex>`.
        let stated = String(decoding: path.last?.bytes.prefix { $0 != UInt8(ascii: ".") } ?? [], as: UTF8.self)
        if let digest = try? Digest(parsing: "sha256:\(stated)"), digest != config.digest {
            throw ImagesError("read archive", subject(path), "its content has the digest \(config.digest)")
        }
        try checkCount(entry.layers.count, of: config, subject(Self.path(DockerArchiveManifest.fileName)))
        var layers: [ArchivedLayer] = []
        for (diffID, name) in zip(config.diffIDs, entry.layers) {
            let path = try memberPath(name)
            guard let size = try size(of: path) else {
                throw ImagesError("read archive", subject(path), "it is a layer of the image, and is missing")
            }
            layers.append(ArchivedLayer(diffID: diffID, descriptor: nil, size: size, path: path))
        }
        return ArchivedImage(names: entry.repoTags, manifest: nil, config: config, layers: layers)
    }

    /// A path that the archive's own manifest names.
    private func memberPath(_ name: String) throws(ImagesError) -> BytePath {
        guard !name.hasPrefix("/"), let path = BytePath(parsing: name.utf8), !path.isRoot else {
            throw ImagesError(
                "read archive", subject(Self.path(DockerArchiveManifest.fileName)),
                "'\(Members.shown(name))' is no name inside the archive")
        }
        return path
    }
}
