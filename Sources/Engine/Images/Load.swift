import Glibc
import Images
import Linux
import Model
import ObjectStore
import Snapshot

/// What a load is to take.
public struct LoadRequest: Sendable {
    /// Of an image for several platforms; nil for the host's.
    public var platform: Platform?
    /// The tag for the one image that there is, in place of the names that it has.
    public var tag: TagName?
    public var limits = LayerLimits()
    /// Whether layers are read that the repository has: what is damaged or lost of them comes back.
    public var rereads = false

    public init() {}
}

/// One image that a load brought.
public struct LoadedImage: Sendable {
    public let commit: ObjectID
    public let tags: [TagName]
    /// False where all tags were there already.
    public let isNew: Bool
}

extension Repository {
    /// Takes all images of an archive: one commit a layer, and on top one with the image's config. All tags move, or none.
    /// - Parameters:
    ///   - file: open for reading: an archive, a pipe of one, or the directory of an OCI layout.
    ///   - name: what the file is called, for messages.
    ///   - progress: called now and then with how many bytes of layers have been read.
    public func load(
        _ file: consuming Descriptor, named name: String, _ request: LoadRequest, by author: Signature,
        progress: ((UInt64) -> Void)? = nil
    ) throws -> [LoadedImage] {
        let store = try store()
        let archive = try ImageArchive(
            opening: file, named: name, spoolingTo: try Files.openDirectory(KernelPath(root)))
        let images = try archive.images(for: request.platform)
        let tags = try tags(for: images, named: name, request)

        let writer = try store.writer()
        var loader = try ImageLoader(from: archive, into: self, writer: writer, request, progress)
        var loaded: [LoadedImage] = []
        var moves: [RefMove] = []
        for (image, tags) in zip(images, tags) {
            let commit = try loader.load(image)
            var isNew = false
            for tag in tags {
                let position = try store.ref(tag.ref)
                if try position.map({ try isSame($0, commit, as: image, in: writer) }) ?? false { continue }
                isNew = true
                moves.append(RefMove(ref: tag.ref, old: position, new: commit))
            }
            loaded.append(LoadedImage(commit: commit, tags: tags, isNew: isNew))
        }
        // Also of images that are there already, whose blobs may have been dropped.
        try loader.keepBlobs()
        if moves.isEmpty {
            if request.rereads { try writer.finish() }
            return loaded
        }
        let all = tags.joined().map(\.description).joined(separator: " ")
        do { try move("load \(all): \(name)", moves, writer: writer, by: author) } catch let error as EngineError {
            // Somebody else may have loaded the same meanwhile.
            guard case .tagMoved = error, try moves.allSatisfy({ try store.ref($0.ref) == $0.new }) else { throw error }
        }
        return loaded
    }

    /// The tags of each image.
    private func tags(for images: [ArchivedImage], named name: String, _ request: LoadRequest) throws -> [[TagName]] {
        if let tag = request.tag {
            guard images.count == 1 else {
                throw EngineError.refused(
                    "load", subject: name, reason: "it has \(images.count) images, and one tag was given for them")
            }
            return [[tag]]
        }
        var seen: Set<TagName> = []
        return try images.map { image in
            let tags = try image.names.compactMap { try ImageReference.tag($0) }
            for tag in tags where !seen.insert(tag).inserted {
                throw EngineError.refused("load", subject: name, reason: "it has two images named \(tag)")
            }
            guard !tags.isEmpty else { throw EngineError.unnamedImage(name, image.config.digest) }
            return tags
        }
    }

    /// Whether a tag's commit is the image already, where the archive does not tell the manifest that it came with before.
    private func isSame(
        _ position: ObjectID, _ commit: ObjectID, as image: ArchivedImage, in writer: ObjectWriter
    ) throws -> Bool {
        if position == commit { return true }
        guard image.manifest == nil else { return false }
        let (there, new) = (
            try store().commit(position), try Commit(decoding: writer.read(commit, as: .commit), id: commit)
        )
        var content = try CommitContent(of: there.tree, in: writer)
        content.manifest = nil
        return try there.parents == new.parents && content == CommitContent(of: new.tree, in: writer)
    }
}
