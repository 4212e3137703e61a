import Linux
import Model
import ObjectStore
import Runtime
import Snapshot

extension Repository {
    /// The paths for which an image's configuration asks for volumes of the container's own, but for those that have
    /// another.
    static func anonymousVolumes(
        _ image: ImageConfiguration, besides volumes: [ContainerConfiguration.Volume]
    ) throws -> [BytePath] {
        let given = try volumes.map { try destination($0.destination) }
        let asked = try image.volumes.map { try destination($0) }
        return Set(asked).subtracting(given).sorted()
    }

    /// All volumes as mounts. Those of the container's own are made and filled where they are missing. Those nearer to the
    /// root come first, so that none hides another.
    func volumeMounts(
        of container: Container, _ state: ContainerState, isLasting: Bool
    ) throws -> [Specification.Mount] {
        var mounts = try container.configuration.volumes.map { try Self.mount($0) }
        for (number, path) in container.configuration.anonymousVolumes.enumerated() {
            let source = try volume(number, at: path, of: container, state, isLasting: isLasting)
            mounts.append(
                Specification.Mount("bind", at: path, source: ByteName(source), options: ["rbind", "rprivate", "rw"]))
        }
        let byDepth = mounts.enumerated().sorted {
            ($0.element.destination.names.count, $0.offset) < ($1.element.destination.names.count, $1.offset)
        }
        return byDepth.map(\.element)
    }

    private static func mount(_ volume: ContainerConfiguration.Volume) throws -> Specification.Mount {
        let destination = try destination(volume.destination)
        guard try Files.exists(KernelPath(volume.source)) else {
            throw EngineError.noVolumeSource(volume.source)
        }
        return Specification.Mount(
            "bind", at: destination, source: ByteName(volume.source),
            options: ["rbind", "rprivate", volume.isReadOnly ? "ro" : "rw"])
    }

    private static func destination(_ text: String) throws -> BytePath {
        guard text.hasPrefix("/"), let path = BytePath(parsing: text.utf8) else {
            throw EngineError.refused(
                "mount volume", subject: text, reason: "the place in the container is an absolute path without '..'")
        }
        guard !path.isRoot else {
            throw EngineError.refused("mount volume", subject: "/", reason: "the container's root is its own")
        }
        return path
    }

    /// The directory of a volume of the container's own. A new one has what the image has at its place, as Docker fills it.
    private func volume(
        _ number: Int, at path: BytePath, of container: Container, _ state: ContainerState, isLasting: Bool
    ) throws -> String {
        let all = files(of: container.id).volumes
        let volume = "\(all)/\(number)"
        if try Files.exists(KernelPath(volume)) { return volume }
        try Files.makeDirectories(all, mode: 0o711)
        let fresh = "\(volume).new"
        try Files.removeAll(KernelPath(fresh))
        try Files.makeDirectory(KernelPath(fresh), mode: 0o700)
        let directory = try Files.openDirectory(KernelPath(fresh))
        let store = try store()
        switch try store.followed(path, in: try content(of: state.checkout).fs) {
        case nil: try Files.setPermissions(".", in: directory.reference, 0o755)
        case .directory(let tree): try Materialize(from: store, for: .copy).write(tree, into: directory)
        case .leaf:
            throw EngineError.refused(
                "mount volume", subject: path.displayed, reason: "the image wants a volume there, and has a file")
        }
        if isLasting { try directory.synchronizeFilesystem() }
        try Files.rename(KernelPath(fresh), to: KernelPath(volume))
        return volume
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
