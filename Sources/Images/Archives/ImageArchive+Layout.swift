import Model

extension ImageArchive {
    func layoutImages(for wanted: Platform?) throws(ImagesError) -> [ArchivedImage] {
        let layout = try contents(Self.path(OCILayout.fileName), limit: OCILayout.maximumByteCount)
        try OCILayout.check(layout, named: subject(Self.path(OCILayout.fileName)))
        let indexPath = Self.path(Self.indexName)
        let index = try ImageIndex(
            parsing: try contents(indexPath, limit: ImageIndex.maximumByteCount), named: subject(indexPath))

        var search = LayoutSearch(archive: self)
        var images: [ArchivedImage] = []
        for choice in Choice.all(of: index) {
            let candidates = try search.candidates(of: choice.descriptors)
            for manifest in try choose(wanted, from: candidates, in: choice) {
                if let known = images.firstIndex(where: { $0.manifest?.digest == manifest.digest }) {
                    images[known].names += choice.names.filter { !images[known].names.contains($0) }
                } else {
                    images.append(try image(manifest, names: choice.names))
                }
            }
        }
        guard !images.isEmpty else {
            let others = search.passedOver.isEmpty ? "nothing" : search.passedOver.joined(separator: ", ")
            throw refused("it holds no image, but \(others)")
        }
        return images
    }

    /// The manifests to take of those that stand for one image.
    private func choose(
        _ wanted: Platform?, from candidates: [LayoutSearch.Candidate], in choice: Choice
    ) throws(ImagesError) -> [ImageManifest] {
        let target = wanted ?? .host
        let distances = candidates.map { $0.platform.distance(from: target) }
        // An image that comes for one platform only was put there for it.
        if wanted == nil, candidates.count == 1, !choice.isIndex { return [try candidates[0].manifest(of: self)] }
        if candidates.isEmpty { return [] }
        guard let best = distances.compactMap(\.self).min() else {
            let platforms = Set(candidates.map(\.platform.description)).sorted().joined(separator: ", ")
            let image = choice.names.first.map { "'\(Members.shown($0))'" } ?? "an image"
            throw refused("\(image) has nothing for \(target), only for \(platforms)")
        }
        let fitting = zip(candidates, distances).filter { $1 == best }.map(\.0)
        // Of equals in an index the first counts (image-spec, "Image Index").
        guard let first = fitting.first else { return [] }
        if choice.isIndex || fitting.count == 1 { return [try first.manifest(of: self)] }
        guard choice.names.isEmpty else {
            throw refused("two images have the name '\(Members.shown(choice.names[0]))'")
        }
        var manifests: [ImageManifest] = []
        for candidate in fitting { manifests.append(try candidate.manifest(of: self)) }
        return manifests
    }

    private func image(_ manifest: ImageManifest, names: [String]) throws(ImagesError) -> ArchivedImage {
        guard manifest.isImage else {
            throw ImagesError("read archive", subject(Self.blobPath(manifest.digest)), "it is no image's manifest")
        }
        let config = try ImageConfig(
            parsing: try contents(manifest.config, limit: ImageConfig.maximumByteCount),
            named: subject(Self.blobPath(manifest.config.digest)))
        try checkCount(manifest.layers.count, of: config, subject(Self.blobPath(manifest.digest)))
        var layers: [ArchivedLayer] = []
        for (diffID, layer) in zip(config.diffIDs, manifest.layers) {
            let path = Self.blobPath(layer.digest)
            guard let size = try size(of: path) else {
                throw ImagesError(
                    "read archive", subject(path),
                    layer.mediaType.isForeignLayer
                        ? "it is a layer that may not be passed on (\(layer.mediaType)), and is not in the archive"
                        : "it is a layer of the image, and is missing")
            }
            guard size == UInt64(layer.size) else {
                throw ImagesError(
                    "read archive", subject(path), "its size is \(size), and not \(layer.size) as was said")
            }
            layers.append(ArchivedLayer(diffID: diffID, descriptor: layer, size: size, path: path))
        }
        return ArchivedImage(names: names, manifest: manifest, config: config, layers: layers)
    }

    func size(of path: BytePath) throws(ImagesError) -> UInt64? {
        do throws(Refusal) { return try files.size(of: path) } catch {
            throw ImagesError("read archive", subject(path), error.reason)
        }
    }

    func checkCount(_ layers: Int, of config: ImageConfig, _ subject: String) throws(ImagesError) {
        guard layers == config.diffIDs.count else {
            throw ImagesError(
                "read archive", subject, "it has \(layers) layers, and its config has \(config.diffIDs.count)")
        }
    }
}

/// What of an index stands for one image: an entry, or several of one name for several platforms.
struct Choice {
    let names: [String]
    var descriptors: [ContentDescriptor]

    /// Whether it is an index of its own, made for choosing from.
    var isIndex: Bool { descriptors.contains { $0.mediaType.isIndex } }

    static func all(of index: ImageIndex) -> [Choice] {
        var choices: [Choice] = []
        var places: [[String]: Int] = [:]
        for descriptor in index.manifests {
            let names = ImageReference.names(of: descriptor)
            // Entries without a name and a platform are images that have nothing to do with each other.
            guard !names.isEmpty || descriptor.platform != nil else {
                choices.append(Choice(names: [], descriptors: [descriptor]))
                continue
            }
            if let place = places[names] {
                choices[place].descriptors.append(descriptor)
            } else {
                places[names] = choices.count
                choices.append(Choice(names: names, descriptors: [descriptor]))
            }
        }
        return choices
    }
}
