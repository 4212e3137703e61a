import Erofs
import Glibc
import Linux
import Model
import ObjectStore

/// How much the cache of metadata images may hold.
struct ImageCacheLimits {
    var images = 256
    /// Bytes.
    var size: UInt64 = 2 << 30

    /// What a killed process was writing is removed when it is this old, in seconds: nobody writes for so long.
    static let abandonedAfter: Int64 = 24 * 3600
}

extension Repository {
    /// The metadata image of a tree, open for mounting; built where the cache does not have it.
    ///
    /// Whoever has it open can mount it, even when it leaves the cache in the same moment.
    func metadataImage(of tree: ObjectID) throws -> Descriptor {
        let path = "\(root)/images/\(tree.hex).erofs"
        do throws(SystemError) {
            let image = try Files.open(KernelPath(path), flags: O_RDONLY | O_NOFOLLOW)
            // Its last use, for `trimImages`.
            let raw = image.raw
            try system("note use of", path) { futimens(raw, nil) }
            return image
        } catch {
            if error.errno != .noEntry { throw error }
        }
        let image = try buildImage(of: tree, at: path)
        try trimImages(to: ImageCacheLimits(), keeping: ByteName("\(tree.hex).erofs"))
        return image
    }

    private func buildImage(of tree: ObjectID, at path: String) throws -> Descriptor {
        let store = try store()
        let list = try ImageInodes(of: tree, in: store)
        let temporary = "\(path).\(Self.randomHex(4)).new"
        do {
            let file = try Files.open(
                KernelPath(temporary), flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
            try MetadataImage.write(list.inodes, tree: tree, body: { try store.read($0, as: .blob) }, to: file)
            try file.synchronize()
            try Files.rename(KernelPath(temporary), to: KernelPath(path))
            return file
        } catch {
            try Files.discard(KernelPath(temporary))
            throw error
        }
    }

    /// Removes the images that were used longest ago, until those that stay are within the limits. A mounted image
    /// stays mounted without its name.
    func trimImages(to limits: ImageCacheLimits, keeping kept: ByteName) throws {
        let directory = try Files.openDirectory(KernelPath("\(root)/images"))
        let now = Timestamp.now().seconds
        var images: [(used: Timestamp, size: UInt64, name: ByteName)] = []
        for name in try Files.names(in: directory) where name != kept {
            // Another process may remove it at the same time.
            guard let status = try Files.statusIfPresent(KernelPath(name), in: directory.reference) else { continue }
            if name.hasSuffix(".erofs") {
                images.append((status.modified, status.blocks * 512, name))
            } else if name.hasSuffix(".new"), status.modified.seconds < now - ImageCacheLimits.abandonedAfter {
                try Files.discard(KernelPath(name), in: directory.reference)
            }
        }
        images.sort { ($1.used, $0.name) < ($0.used, $1.name) }
        var count = 1
        var size: UInt64 = 0
        for image in images {
            count += 1
            size += image.size
            guard count > limits.images || size > limits.size else { continue }
            try Files.discard(KernelPath(image.name), in: directory.reference)
        }
    }
}

extension ByteName {
    func hasSuffix(_ suffix: String) -> Bool {
        bytes.count >= suffix.utf8.count && bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}

extension Files {
    /// Removes a file that somebody else may remove at the same time.
    static func discard(
        _ path: KernelPath, in directory: DirectoryReference = .current
    ) throws(SystemError) {
        do throws(SystemError) { try remove(path, in: directory) } catch {
            if error.errno != .noEntry { throw error }
        }
    }
}
