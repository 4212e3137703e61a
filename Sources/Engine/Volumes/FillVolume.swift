import Linux
import Model
import ObjectStore
import Snapshot

extension Repository {
    /// The directory of a named volume, to be mounted in a container that is about to run.
    func directory(
        ofVolume name: String, for mount: StorageMount, _ state: ContainerState, isLasting: Bool
    ) throws -> String {
        guard try volumeIfPresent(name) != nil else { throw try unknownVolume(name) }
        let files = files(ofVolume: name)
        // Later the container's user may have emptied it on purpose.
        if mount.isFilled, state.started == nil {
            let lock = try FileLock.acquire(files.lock)
            defer { withExtendedLifetime(lock) {} }
            try fill(files, from: state.checkout, at: mount.destination, isLasting: isLasting)
        }
        return files.data
    }

    /// Gives an empty volume what the commit has at `path`, with all attributes. Others may have it mounted, so its
    /// directory stays and the files move in; a filling that was cut short goes on where it was.
    private func fill(_ files: VolumeFiles, from commit: ObjectID, at path: BytePath, isLasting: Bool) throws {
        let data = try Files.openDirectory(KernelPath(files.data))
        if try !Files.exists(KernelPath(files.arrived)) {
            guard try Files.names(in: data).isEmpty else { return }
            guard try writeContent(of: commit, at: path, to: files.incoming, isLasting: isLasting) else { return }
            try Files.rename(KernelPath(files.incoming), to: KernelPath(files.arrived))
        }
        let arrived = try Files.openDirectory(KernelPath(files.arrived))
        // Now: every file that moves out changes its time.
        let attributes = try Files.attributes(".", in: arrived.reference)
        for name in try Files.names(in: arrived) {
            do throws(SystemError) {
                try Files.rename(
                    KernelPath(name), in: arrived.reference, to: KernelPath(name), in: data.reference,
                    flags: Files.noReplace)
            } catch {
                // Somebody who has the volume has made one meanwhile.
                if error.errno != .exists { throw error }
            }
        }
        try Materialize.apply(attributes, to: ".", in: data, for: .copy)
        try Files.removeAll(KernelPath(files.arrived))
    }

    /// The directory of a volume of the container's own. A new one has what the image has at its place, as Docker fills it.
    func ownVolume(
        _ number: Int, at path: BytePath, of container: Container, _ state: ContainerState, isLasting: Bool
    ) throws -> String {
        let all = files(of: container.id).volumes
        let volume = "\(all)/\(number)"
        if try Files.exists(KernelPath(volume)) { return volume }
        try Files.makeDirectories(all, mode: 0o711)
        let fresh = "\(volume).new"
        if try !writeContent(of: state.checkout, at: path, to: fresh, isLasting: isLasting) {
            try Files.makeDirectory(KernelPath(fresh), mode: 0o755)
            try Files.setPermissions(KernelPath(fresh), 0o755)
        }
        try Files.rename(KernelPath(fresh), to: KernelPath(volume))
        return volume
    }

    /// Writes the directory that a commit has at `path`, symlinks followed inside it, to a new one of the host.
    /// - Parameter fresh: what is there already goes.
    /// - Returns: false where the commit has nothing there; then there is nothing at `fresh` either.
    private func writeContent(
        of commit: ObjectID, at path: BytePath, to fresh: String, isLasting: Bool
    ) throws -> Bool {
        try Files.removeAll(KernelPath(fresh))
        let store = try store()
        switch try store.followed(path, in: try content(of: commit).fs) {
        case nil: return false
        case .directory(let tree):
            try Files.makeDirectory(KernelPath(fresh), mode: 0o700)
            let directory = try Files.openDirectory(KernelPath(fresh))
            try Materialize(from: store, for: .copy).write(tree, into: directory)
            if isLasting { try directory.synchronizeFilesystem() }
            return true
        case .leaf:
            throw EngineError.refused(
                "mount volume", subject: path.displayed, reason: "a volume is to be there, and the image has a file")
        }
    }
}

extension ObjectSource {
    /// The node that `path` leads to in the tree `root` when symlinks are followed inside it, also the last one; nil where
    /// there is none.
    func followed(_ path: BytePath, in root: ObjectID) throws -> Node? {
        var pending: [ByteName] = path.names.reversed()
        var above: [Node] = []
        var node = Node.directory(root)
        var linksLeft = 40
        while let name = pending.popLast() {
            if name == ".." {
                node = above.popLast() ?? node
                continue
            }
            guard case .directory(let tree) = node, let next = try directory(tree)[name] else { return nil }
            guard case .leaf(let attributes, let body) = next, attributes.kind == .symlink else {
                above.append(node)
                node = next
                continue
            }
            guard linksLeft > 0 else { return nil }
            linksLeft -= 1
            let target = try read(body, as: .blob)
            if target.first == UInt8(ascii: "/") { (node, above) = (.directory(root), []) }
            let names = target.split(separator: UInt8(ascii: "/")).map { ByteName($0) }
            pending += names.filter { $0 != "." }.reversed()
        }
        return node
    }
}
