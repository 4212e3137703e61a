import Linux
import Model
import Runtime

extension Repository {
    /// All that is mounted in the container beside what every container has. Volumes are made and filled where they are to
    /// be. What is nearer to the root comes first, so that nothing hides another.
    func volumeMounts(
        of container: Container, _ state: ContainerState, isLasting: Bool
    ) throws -> [Specification.Mount] {
        let mounts = try container.configuration.storage.mounts.map { mount in
            try specified(mount, of: container, state, isLasting: isLasting)
        }
        let byDepth = mounts.enumerated().sorted {
            ($0.element.destination.names.count, $0.offset) < ($1.element.destination.names.count, $1.offset)
        }
        return byDepth.map(\.element)
    }

    private func specified(
        _ mount: StorageMount, of container: Container, _ state: ContainerState, isLasting: Bool
    ) throws -> Specification.Mount {
        guard let source = try source(of: mount, of: container, state, isLasting: isLasting) else {
            return Specification.Mount(
                "tmpfs", at: mount.destination, source: "tmpfs",
                options: ["nosuid", "nodev", "noexec"] + mount.options + (mount.isReadOnly ? ["ro"] : []))
        }
        return Specification.Mount(
            "bind", at: mount.destination, source: ByteName(source),
            options: [mount.isRecursive ? "rbind" : "bind", mount.propagation, mount.isReadOnly ? "ro" : "rw"])
    }

    /// Where the host has what is mounted, made and filled where it is to be; nil for memory.
    func source(
        of mount: StorageMount, of container: Container, _ state: ContainerState, isLasting: Bool
    ) throws -> String? {
        switch mount.source {
        case .path(let path):
            guard try Files.exists(KernelPath(path)) else { throw EngineError.noVolumeSource(path) }
            return path
        case .volume(let name): return try directory(ofVolume: name, for: mount, state, isLasting: isLasting)
        case .own(let number):
            return try ownVolume(number, at: mount.destination, of: container, state, isLasting: isLasting)
        case .borrowed(let lender, let number):
            let source = "\(files(of: lender).volumes)/\(number)"
            guard try Files.exists(KernelPath(source)) else { throw EngineError.noVolumeSource(source) }
            return source
        case .tmpfs: return nil
        }
    }

    /// What a container is made with is mounted: what was asked for, in its order; then what its lenders have, and what its
    /// image asks for, at places that nothing else has.
    func settleMounts(
        _ storage: inout StorageOptions, lent: [StorageMount], _ image: ImageConfiguration
    ) throws {
        var taken: Set<BytePath> = []
        for mount in storage.mounts where !taken.insert(mount.destination).inserted {
            throw EngineError.refused(
                "mount volume", subject: mount.destination.displayed, reason: "two were asked for at this place")
        }
        storage.mounts += lent.filter { taken.insert($0.destination).inserted }
        storage.mounts += try image.volumes.map { try StorageMount(.own(number: 0), at: $0) }
            .filter { taken.insert($0.destination).inserted }
        storage.lenders = []
        var number = 0
        for index in storage.mounts.indices {
            guard case .own = storage.mounts[index].source else { continue }
            storage.mounts[index].source = .own(number: number)
            number += 1
        }
    }

    /// What the lenders have mounted that others can have too. Their own volumes are made where they are missing. To be
    /// called with no lock held.
    func lentMounts(_ lenders: [StorageOptions.Lender], isLasting: Bool) throws -> [StorageMount] {
        try lenders.flatMap { lender in
            let container = try container(lender.container)
            return try withLock(container) {
                let state = try state(of: container)
                var mounts: [StorageMount] = []
                for mount in container.configuration.storage.mounts where mount.source != .tmpfs {
                    var lent = mount
                    if lender.isReadOnly { lent.isReadOnly = true }
                    if case .own(let number) = mount.source {
                        _ = try ownVolume(number, at: mount.destination, of: container, state, isLasting: isLasting)
                        lent.source = .borrowed(container: container.id, number: number)
                    }
                    mounts.append(lent)
                }
                return mounts
            }
        }
    }

    /// Sees to it that the named volumes among the mounts are there, and that nobody takes them away as long as the
    /// result lives, nor what is lent. Nil where there are none such.
    func claimVolumes(_ storage: StorageOptions) throws -> FileLock? {
        let names = storage.volumeNames
        let lenders = storage.mounts.compactMap {
            if case .borrowed(let lender, _) = $0.source { lender } else { nil }
        }
        if names.isEmpty, lenders.isEmpty { return nil }
        let lock = try lockVolumes()
        for name in names.sorted() { _ = try makeVolume(name, labels: []) }
        for lender in lenders where try container(id: lender) == nil {
            throw EngineError.unknownContainer(String(lender.prefix(12)), near: [])
        }
        return lock
    }
}
