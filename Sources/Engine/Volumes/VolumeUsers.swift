import Linux
import Model

/// Which containers have which volumes.
struct VolumeUsers {
    /// Containers' names, sorted, by the volume's.
    var byName: [String: [String]] = [:]
    /// Containers that can't be read, and so may have any.
    var unknown: [String] = []

    /// Refuses while it can't be told who uses what.
    func requireWhole(toRemove name: String) throws {
        guard let container = unknown.first else { return }
        throw EngineError.refused(
            "remove volume", subject: name,
            reason: "container \(container) is damaged and may have it; 'varve rm \(container)' takes that away")
    }
}

extension Repository {
    func volumeUsers() throws -> VolumeUsers {
        var users = VolumeUsers()
        for container in try containers() {
            for name in container.configuration.storage.volumeNames {
                users.byName[name, default: []].append(container.name)
            }
        }
        for name in users.byName.keys { users.byName[name]?.sort() }
        users.unknown = try damagedContainers().map(\.name)
        return users
    }

    /// Sees to it that nobody borrows the container's own volumes as long as the result lives, which are to go with it. Nil
    /// where it has none.
    /// - Throws: where somebody does.
    func claimOwnVolumes(of container: Container) throws -> FileLock? {
        let hasOwn = container.configuration.storage.mounts.contains {
            if case .own = $0.source { true } else { false }
        }
        // Nearly every removal ends here, and reads no other container.
        guard hasOwn else { return nil }
        let lock = try lockVolumes()
        let borrowers = try containers().filter { other in
            other.configuration.storage.mounts.contains {
                if case .borrowed(container.id, _) = $0.source { true } else { false }
            }
        }
        guard borrowers.isEmpty else {
            throw EngineError.refused(
                "remove container", subject: container.name,
                reason: "its volumes are used by \(borrowers.map(\.name).sorted().joined(separator: ", "))")
        }
        return lock
    }
}

extension StorageOptions {
    /// The named volumes among the mounts.
    var volumeNames: Set<String> {
        Set(mounts.compactMap { if case .volume(let name) = $0.source { name } else { nil } })
    }
}
