import CLinux
import Glibc
import Linux
import Model

extension MountPlan {
    /// A second mount of something of the host.
    mutating func addBind(_ mount: Specification.Mount, _ options: MountOptions) throws(RuntimeError) {
        if let unknown = options.data.first { try refuse(true, "option \(unknown.key)", mount) }
        try refuse(options.copiesUp, "tmpcopyup for what is no tmpfs", mount)
        let source = try absoluteSource(of: mount)
        let bind = try doing("bind", mount.source.displayed) { () throws(SystemError) in
            let isPrivate = options.propagation?.concernsOriginal != true
            let bind = try Mounts.bind(KernelPath(source), recursive: options.isRecursive, isPrivate: isPrivate)
            // Restrictions hold for what is mounted below too; lifting them there would undo the host's own, unless asked.
            try Mounts.setAttributes(bind, set: [], clear: options.clear.subtracting(.readOnly))
            if !options.clearBelow.isEmpty {
                try Mounts.setAttributes(bind, set: [], clear: options.clearBelow, recursive: true)
            }
            let clear: MountAttributes = options.clear.contains(.accessTimeMask) ? .accessTimeMask : []
            try Mounts.setAttributes(bind, set: options.set, clear: clear, recursive: true)
            return SharedDescriptor(bind)
        }
        try map(bind, mount, options)
        try spread(bind, options, mount)
        let kind = try doing("bind", mount.source.displayed) { () throws(SystemError) in
            try bind.descriptor.status().kind
        }
        try attach(bind, at: mount.destination, as: kind == .directory ? .directory : .regular)
    }

    private func absoluteSource(of mount: Specification.Mount) throws(RuntimeError) -> ByteName {
        if mount.source.hasPrefix("/") { return mount.source }
        guard let bundle else {
            throw RuntimeError(.refused, "bind", mount.source.displayed, "the path is not absolute")
        }
        return ByteName(bundle.bytes + [UInt8(ascii: "/")] + mount.source.bytes)
    }

    /// By the mount's own mappings, or by the container's where it is only asked to be mapped.
    private func map(
        _ bind: SharedDescriptor, _ mount: Specification.Mount, _ options: MountOptions
    ) throws(RuntimeError) {
        let isRecursive = options.mapsIDs ?? options.isRecursive
        let hasOwn = !mount.uidMappings.isEmpty || !mount.gidMappings.isEmpty
        guard hasOwn || options.mapsIDs != nil else { return }
        do throws(SystemError) {
            if hasOwn {
                try UserNamespace(users: mount.uidMappings, groups: mount.gidMappings, needsRoot: false)
                    .map(bind.descriptor, recursive: isRecursive)
            } else if let namespace = identities.namespace {
                try UserNamespace.map(bind.descriptor, by: namespace.descriptor, recursive: isRecursive)
            } else {
                throw SystemError("map ids of", "without mappings or a user namespace", .invalid)
            }
        } catch {
            let hint = error.errno == .invalid ? "not every filesystem can have its ids mapped" : nil
            throw RuntimeError(.failed, "map ids of", mount.source.displayed, error.cause, hint: hint)
        }
    }
}
