import Linux
import Model

extension Repository {
    /// Gives a container another name. Killed halfway, both lead to it until the next rename or removal.
    public func rename(_ container: Container, to name: String) throws {
        guard Self.isContainerName(name) else { throw EngineError.badContainerName(name) }
        let renamed = try withLock(container) {
            guard let present = try self.container(id: container.id) else {
                throw EngineError.unknownContainer(container.name, near: [])
            }
            guard present.name != name else {
                throw EngineError.refused("rename", subject: name, reason: "this is its name already")
            }
            do throws(SystemError) {
                // Making the link is what takes the name.
                try Files.makeSymlink(KernelPath("\(root)/names/\(name)"), target: KernelPath(container.id))
            } catch {
                guard error.errno == .exists else { throw error }
                throw EngineError.nameTaken(name)
            }
            let renamed = present.named(name)
            try Files.replace(files(of: container.id).configuration, with: renamed.json.serialized())
            try Files.discard(KernelPath("\(root)/names/\(present.name)"))
            try Files.openDirectory(KernelPath("\(root)/names")).synchronize()
            try renameInNetworks(renamed, from: present.name)
            return renamed
        }
        record(.rename, of: renamed, [.init("oldName", container.name)])
    }
}

extension Container {
    fileprivate func named(_ name: String) -> Container {
        Container(
            id: id, name: name, tag: tag, revision: revision, created: created, configuration: configuration)
    }
}
