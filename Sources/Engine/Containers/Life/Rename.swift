import Linux
import Model

extension Repository {
    /// Gives a container another name. Killed halfway, it has the one or the other; what else tells of its name is brought up to
    /// date by whoever next looks.
    public func rename(_ container: Container, to name: String) throws {
        guard Self.isContainerName(name) else { throw EngineError.badContainerName(name) }
        let old = try withLock(container) {
            guard let stored = try storedContainer(id: container.id), let old = try linkedName(of: container.id) else {
                throw EngineError.unknownContainer(container.name, near: [])
            }
            guard old != name else {
                throw EngineError.refused("rename", subject: name, reason: "this is its name already")
            }
            let names = "\(root)/names"
            do throws(SystemError) {
                // The link is what names it.
                try Files.rename(
                    KernelPath("\(names)/\(old)"), to: KernelPath("\(names)/\(name)"), flags: Files.noReplace)
            } catch {
                guard error.errno == .exists else { throw error }
                throw EngineError.nameTaken(name)
            }
            // It has the name by now. Whoever looks next completes what fails here.
            do {
                try Files.openDirectory(KernelPath(names)).synchronize()
                try followRename(of: stored, to: name)
            } catch { warned("complete rename: \(name): \(worded(error))") }
            return old
        }
        record(.rename, of: container.named(name), [.init("oldName", old)])
    }

    /// Brings what tells of a container's name up to date. The caller has the container's lock.
    /// - Parameter container: as its file tells.
    private func followRename(of container: Container, to name: String) throws {
        let renamed = container.named(name)
        try renameInNetworks(renamed, from: container.name)
        // Last: what it says differs from the link until all else is done.
        try Files.replace(files(of: container.id).configuration, with: renamed.json.serialized())
    }

    /// The container as it is named. Where its own file tells another name, a rename goes on, which is left to who is at it, or
    /// was cut short, which is completed.
    func named(_ container: Container) throws -> Container {
        if try linkedID(container.name) == container.id { return container }
        // Without a name it is being removed.
        guard let name = try linkedName(of: container.id) else { return container }
        do {
            guard let lock = try FileLock.acquireIfFree(files(of: container.id).lock) else {
                return container.named(name)
            }
            try withExtendedLifetime(lock) {
                // It may have been renamed meanwhile.
                guard let present = try storedContainer(id: container.id), try linkedID(name) == container.id,
                    present.name != name
                else { return }
                try followRename(of: present, to: name)
            }
        } catch {
            // It can be looked at all the same, be it on a full disk or a read-only one.
            warned("complete rename: \(name): \(worded(error))")
        }
        return container.named(name)
    }
}

extension Container {
    fileprivate func named(_ name: String) -> Container {
        Container(
            id: id, name: name, tag: tag, revision: revision, created: created, configuration: configuration)
    }
}
