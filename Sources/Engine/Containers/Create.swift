import Glibc
import Linux
import Model
import ObjectStore
import Snapshot

extension Repository {
    /// Makes a container on a commit.
    /// - Parameters:
    ///   - revision: as it was asked for; a bare tag is what `commit` will move.
    ///   - name: made up where nil.
    ///   - isLasting: whether it is to outlive its process, and so a power cut.
    public func createContainer(
        on revision: Revision, name: String?, configuration: ContainerConfiguration, isLasting: Bool
    ) throws -> Container {
        // Before anything is held: it takes the lenders' locks.
        let lent = try lentMounts(configuration.storage.lenders, isLasting: isLasting)
        // The commit may be one that nothing keeps until there is a container on it.
        let hold = try store().holdOffCollection()
        defer { withExtendedLifetime(hold) {} }
        try requireRecovered()
        let (base, tag) = try resolveNaming(revision)
        try requireUpperDirectories()
        let id = Self.randomHex(32)
        let name = name ?? Nickname.random()
        guard Self.isContainerName(name) else {
            throw EngineError.badContainerName(name)
        }
        let image = try imageConfiguration(of: base)
        var configuration = configuration
        try settleMounts(&configuration.storage, lent: lent, image)
        try resolveNetworks(of: &configuration)
        configuration.stopSignal = configuration.stopSignal ?? image.stopSignal
        try configuration.lifecycle.health.settle(with: image.health)
        configuration.process.labels = image.labels.merging(configuration.process.labels)
        try Self.requirePlatform(configuration.process.platform, of: image, revision)
        let volumes = try claimVolumes(configuration.storage)
        defer { withExtendedLifetime(volumes) {} }
        let ids = try settleIDs(&configuration.security)
        defer { withExtendedLifetime(ids) {} }
        let container = Container(
            id: id, name: name, tag: tag, revision: revision.text, created: Moment.now(),
            configuration: configuration)

        let files = files(of: id)
        do {
            try Files.makeDirectory(KernelPath(files.directory), mode: 0o710)
            try Files.replace(files.configuration, with: container.json.serialized(), isDurable: isLasting)
            try setState(ContainerState(base: base, checkout: base, upper: 0), of: id, isDurable: isLasting)
            // Named last: a container is there once it has its name.
            try Files.makeSymlink(KernelPath("\(root)/names/\(name)"), target: KernelPath(id))
            if isLasting {
                for name in ["containers", "names"] {
                    try Files.openDirectory(KernelPath("\(root)/\(name)")).synchronize()
                }
            }
        } catch let error as SystemError {
            try Files.removeAll(KernelPath(files.directory))
            if error.errno == .exists { throw EngineError.nameTaken(name) }
            throw error
        }
        record(.create, of: container)
        return container
    }

    /// Removes a container and what it holds. A running one is refused. Where it fails, the container is damaged, but
    /// keeps its name, and can be removed again.
    /// - Parameter keepingVolumes: whether the volumes of its own become such as outlive it.
    public func remove(_ container: Container, keepingVolumes: Bool = false) throws {
        if try discardName(of: container) { return }
        try remove(container, holding: try claimRunning(container), keepingVolumes: keepingVolumes)
    }

    /// What is left of a removal that was cut short: a name without a container.
    private func discardName(of container: Container) throws -> Bool {
        guard try !Files.exists(KernelPath(files(of: container.id).directory)),
            try linkedID(container.name) == container.id
        else { return false }
        try Files.discard(KernelPath("\(root)/names/\(container.name)"))
        return true
    }

    /// - Parameter running: of ``claimRunning(_:)``.
    func remove(_ container: Container, holding running: borrowing FileLock, keepingVolumes: Bool = false) throws {
        let files = files(of: container.id)
        try withLock(container) {
            // Somebody else may have removed it, or given it another name.
            let found = try linkedID(container.name) == container.id ? container.name : linkedName(of: container.id)
            guard let found else { throw EngineError.unknownContainer(container.name, near: []) }
            let name = KernelPath("\(root)/names/\(found)")
            let volumes = try claimOwnVolumes(of: container)
            defer { withExtendedLifetime(volumes) {} }
            try endLeftovers(of: container)
            try disconnect(container)
            if keepingVolumes { try releaseOwnVolumes(of: container) }
            // First what says that a container is here: nobody uses what a killed removal leaves. The locks stay
            // until the name is gone: they say that somebody is at it.
            for path in [files.configuration, files.state] { try Files.removeAll(KernelPath(path)) }
            let directory = try Files.openDirectory(KernelPath(files.directory))
            let locks = [files.lock, files.running].map { ByteName($0.dropFirst(files.directory.count + 1).utf8) }
            for name in try Files.names(in: directory) where !locks.contains(name) {
                try Files.removeAll(KernelPath(name), in: directory.reference)
            }
            try Files.discard(name)
            try Files.removeAll(KernelPath(files.directory))
        }
        record(.destroy, of: container)
    }

    /// Removes upper directories that a rollback has put out of use. The caller has ``claimRunning(_:)``.
    func removeOldUppers(of container: Container, _ state: ContainerState) throws {
        let directory = try Files.openDirectory(KernelPath(files(of: container.id).directory))
        for name in try Files.names(in: directory) {
            guard let text = name.string, text.hasPrefix("upper.") || text.hasPrefix("work."),
                !text.hasSuffix(".\(state.upper)")
            else { continue }
            try Files.removeAll(KernelPath(name), in: directory.reference)
        }
    }

    /// The upper directory in use, made where it is missing: with the attributes of the base's root, since
    /// overlayfs shows those of the upper directory.
    func upperDirectory(of container: Container, _ state: ContainerState, rootAttributes: () throws -> Attributes)
        throws -> Descriptor
    {
        let files = files(of: container.id)
        let upper = files.upper(state.upper)
        if try !Files.exists(KernelPath(upper)) {
            try Files.removeAll(KernelPath(files.work(state.upper)))
            try Files.makeDirectory(KernelPath(files.work(state.upper)), mode: 0o700)
            let fresh = "\(upper).new"
            try Files.removeAll(KernelPath(fresh))
            try Files.makeDirectory(KernelPath(fresh), mode: 0o700)
            let directory = try Files.openDirectory(KernelPath(fresh))
            try Materialize.apply(try rootAttributes(), to: ".", in: directory, for: .overlayLayer)
            try Files.rename(KernelPath(fresh), to: KernelPath(upper))
        }
        return try Files.openDirectory(KernelPath(upper))
    }

    /// - Parameter count: how many random bytes.
    static func randomHex(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }.hex
    }
}
