import Linux
import Model

/// A volume, and who uses it.
public struct VolumeUse: Sendable {
    public let volume: Volume
    /// The directory of the host that holds its files.
    public let mountPoint: String
    /// The names of the containers that have it, running or not, sorted.
    public let containers: [String]
}

extension Repository {
    /// Makes a volume; one that is there already stays as it is.
    /// - Parameter name: nil for one that is made up.
    public func createVolume(_ name: String?, labels: [Label] = []) throws -> Volume {
        let lock = try lockVolumes()
        defer { withExtendedLifetime(lock) {} }
        return try makeVolume(name ?? Volume.randomName(), labels: labels, isAnonymous: name == nil)
    }

    /// The same under ``lockVolumes()``.
    func makeVolume(_ name: String, labels: [Label], isAnonymous: Bool = false) throws -> Volume {
        guard Volume.isName(name) else {
            throw EngineError.refused(
                "make volume", subject: Escaping.displayed(Array(name.utf8)),
                reason: "its name is a letter or digit, then letters, digits, '_', '.' and '-', at most 128")
        }
        if let volume = try volumeIfPresent(name) { return volume }
        let files = files(ofVolume: name)
        // What a removal left that was cut short.
        try Files.removeAll(KernelPath(files.directory))
        try Files.makeDirectory(KernelPath(files.directory), mode: 0o711)
        try Files.makeDirectory(KernelPath(files.data), mode: 0o755)
        // Whatever the caller's umask.
        try Files.setPermissions(KernelPath(files.data), 0o755)
        let volume = Volume(
            name: name, created: Moment.now(), labels: labels.merging([]), isAnonymous: isAnonymous)
        try Files.replace(files.description, with: volume.json.serialized())
        try Files.openDirectory(KernelPath("\(root)/volumes")).synchronize()
        record(Event(.volume, .create, id: name, name: name, labels: volume.labels))
        return volume
    }

    /// All volumes that can be read with their users, sorted by name. Others are told of (``warned``).
    public func volumes() throws -> [VolumeUse] {
        let users = try volumeUsers().byName
        return try names(in: "volumes").filter(Volume.isName).compactMap { name in
            do { return try volumeIfPresent(name).map { use(of: $0, users) } } catch let error as EngineError {
                guard case .refused(let operation, let subject, let reason) = error else { throw error }
                warned("\(operation): \(subject): \(reason)")
                return nil
            }
        }
    }

    public func volume(_ name: String) throws -> VolumeUse {
        guard Volume.isName(name), let volume = try volumeIfPresent(name) else { throw try unknownVolume(name) }
        return use(of: volume, try volumeUsers().byName)
    }

    /// Removes volumes with all that is in them. All are looked at before the first is removed.
    /// - Throws: where a container has one of them, or may have.
    public func removeVolumes(_ names: [String], ignoringMissing: Bool) throws -> [Volume] {
        let lock = try lockVolumes()
        defer { withExtendedLifetime(lock) {} }
        let users = try volumeUsers()
        let found = try names.compactMap { name -> Volume? in
            guard Volume.isName(name), let volume = try volumeToRemove(name) else {
                if ignoringMissing { return nil }
                throw try unknownVolume(name)
            }
            if let containers = users.byName[name] { throw EngineError.volumeInUse(name, containers: containers) }
            try users.requireWhole(toRemove: name)
            return volume
        }
        for volume in found { try remove(volume) }
        return found
    }

    /// Makes the volumes of a container's own such as outlive it, under names that are made up. The caller has
    /// ``claimOwnVolumes(of:)``. Where it is cut short, what was not moved yet is still the container's.
    func releaseOwnVolumes(of container: Container) throws {
        let all = files(of: container.id).volumes
        guard try Files.exists(KernelPath(all)) else { return }
        let directory = try Files.openDirectory(KernelPath(all))
        for number in try Files.names(in: directory) where number.string.flatMap(Int.init) != nil {
            let volume = try makeVolume(Volume.randomName(), labels: [], isAnonymous: true)
            let data = KernelPath(files(ofVolume: volume.name).data)
            // An empty directory gives way (rename(2)).
            try Files.rename(KernelPath(number), in: directory.reference, to: data)
        }
    }

    /// Removes the volumes that no container has.
    /// - Returns: what was removed, and the room on the disk that it took.
    public func pruneVolumes(where isMeant: (Volume) -> Bool) throws -> (volumes: [Volume], bytes: UInt64) {
        let lock = try lockVolumes()
        defer { withExtendedLifetime(lock) {} }
        let users = try volumeUsers()
        var result: (volumes: [Volume], bytes: UInt64) = ([], 0)
        for name in try names(in: "volumes").filter(Volume.isName) where users.byName[name] == nil {
            guard let volume = try volumeToRemove(name), isMeant(volume) else { continue }
            try users.requireWhole(toRemove: name)
            result.bytes += try DiskSize.of(files(ofVolume: name).directory)
            try remove(volume)
            result.volumes.append(volume)
        }
        if !result.volumes.isEmpty { record(Event(.volume, .prune, id: "", name: "")) }
        return result
    }

    private func remove(_ volume: Volume) throws {
        let files = files(ofVolume: volume.name)
        // First what says that it is there: nobody uses what a killed removal leaves.
        try Files.remove(KernelPath(files.description))
        try Files.removeAll(KernelPath(files.directory))
        record(Event(.volume, .destroy, id: volume.name, name: volume.name, labels: volume.labels))
    }

    private func use(of volume: Volume, _ users: [String: [String]]) -> VolumeUse {
        VolumeUse(
            volume: volume, mountPoint: files(ofVolume: volume.name).data, containers: users[volume.name] ?? [])
    }

    func volumeIfPresent(_ name: String) throws -> Volume? {
        let path = files(ofVolume: name).description
        guard let bytes = try Files.contentsIfPresent(path) else { return nil }
        guard let json = try? JSON(parsing: bytes), let volume = Volume(json: json), volume.name == name else {
            throw EngineError.refused("read volume", subject: name, reason: "\(path) is damaged")
        }
        return volume
    }

    /// As ``volumeIfPresent(_:)``, but of a damaged one the name alone.
    private func volumeToRemove(_ name: String) throws -> Volume? {
        do { return try volumeIfPresent(name) } catch EngineError.refused {
            return Volume(name: name, created: 0, labels: [])
        }
    }

    func unknownVolume(_ name: String) throws -> EngineError {
        let names = try names(in: "volumes").filter(Volume.isName)
        return .unknownVolume(name, near: Likeness.nearest(to: name, among: names))
    }
}
