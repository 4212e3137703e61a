import Linux
import Model
import ObjectStore
import Snapshot

extension Repository {
    /// The tree written out as files, for kernels that can't mount a metadata image. Containers may lie on it at any
    /// time, so it stays.
    func directoryCheckout(of tree: ObjectID) throws -> String {
        let path = "\(root)/checkouts/\(tree.hex)"
        if try Files.exists(KernelPath(path)) { return path }
        try removeAbandonedTrees()
        let temporary = "\(path).\(Self.randomHex(4)).new"
        do {
            try Files.makeDirectory(KernelPath(temporary), mode: 0o700)
            let directory = try Files.openDirectory(KernelPath(temporary))
            try Materialize(from: try store(), for: .overlayLayer).write(tree, into: directory)
            try directory.synchronizeFilesystem()
            try Files.rename(KernelPath(temporary), to: KernelPath(path))
        } catch let error as SystemError where error.errno == .notEmpty || error.errno == .exists {
            // Somebody else was faster.
            try Files.removeAll(KernelPath(temporary))
        } catch {
            try Files.removeAll(KernelPath(temporary))
            throw error
        }
        return path
    }

    /// Removes trees that killed processes left half-written.
    func removeAbandonedTrees() throws {
        let directory = try Files.openDirectory(KernelPath("\(root)/checkouts"))
        let now = Timestamp.now().seconds
        for name in try Files.names(in: directory) where name.hasSuffix(".new") {
            guard let status = try Files.statusIfPresent(KernelPath(name), in: directory.reference),
                status.changed.seconds < now - ImageCacheLimits.abandonedAfter
            else { continue }
            try Files.removeAll(KernelPath(name), in: directory.reference)
        }
    }
}
