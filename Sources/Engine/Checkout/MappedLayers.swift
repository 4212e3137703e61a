import Linux

/// Layers as a user namespace has their owners: overlayfs takes them as they show on a mount that the namespace maps, and keeps
/// in the upper directory the ids that the container sees. So a capture finds there what it would find without a namespace.
extension UserNamespace? {
    func map(_ mount: borrowing Descriptor, named name: String) throws {
        guard let self else { return }
        do throws(SystemError) { try self.map(mount) } catch {
            guard error.errno.tellsOfLack else { throw error }
            throw EngineError.refused(
                "map ids", subject: name,
                reason: "the kernel or this filesystem has no id-mapped mounts (\(error.cause))")
        }
    }

    /// A directory as a layer.
    func openLayer(_ path: String) throws -> Descriptor {
        if self == nil { return try Files.openDirectory(KernelPath(path)) }
        let mount = try Mounts.bind(KernelPath(path), recursive: false)
        try map(mount, named: path)
        return mount
    }

    /// What overlayfs makes for itself has to belong to somebody that the layers know.
    func overlay(_ layers: OverlayLayers) throws -> Descriptor {
        guard let self else { return try Mounts.overlay(layers) }
        return try self.makingAsRoot { try Mounts.overlay(layers) }
    }
}
