import Linux
import Model

/// The groups that a container has in its cgroup namespace.
struct ShownGroups {
    /// The controllers of each hierarchy of version 1.
    var legacy: [[String]] = []
    var hasUnified = false
}

/// What a container sees of its control groups, by a mount of the type `cgroup`.
extension MountPlan {
    /// As Docker and runc have it where there is version 1: a directory for each hierarchy, by the names of its controllers, and
    /// symlinks by each of several. Version 2 is in `unified`.
    ///
    /// Only those in which the container has a group. In the others its root would be the caller's own group, which may be the
    /// whole host's.
    mutating func addGroups(_ mount: Specification.Mount, _ options: MountOptions) throws(RuntimeError) {
        var (directories, around) = (mount, options)
        (directories.type, around.data) = ("tmpfs", [("mode", "755")])
        let place = try make(directories, around)
        let hierarchies = shownGroups.legacy.map { $0.joined(separator: ",") }
        try doing("mount at", mount.destination.displayed) { () throws(SystemError) in
            try identities.makingAsRoot { () throws(SystemError) in
                for name in hierarchies + (shownGroups.hasUnified ? ["unified"] : []) {
                    try Files.makeDirectory(KernelPath(name), in: place.reference, mode: 0o755)
                }
                for controllers in shownGroups.legacy where controllers.count > 1 {
                    let target = KernelPath(controllers.joined(separator: ","))
                    for name in controllers {
                        try Files.makeSymlink(KernelPath(name), in: place.reference, target: target)
                    }
                }
            }
            if options.set.contains(.readOnly) { try Mounts.setAttributes(place.descriptor, set: .readOnly) }
        }
        try attach(place, at: mount.destination)
        let target = steps[steps.count - 1].target
        for (controllers, name) in zip(shownGroups.legacy, hierarchies) {
            var legacy = options
            legacy.data = controllers.map { ($0, nil) }
            makeLater("cgroup", at: target.appending(ByteName(name)), legacy)
        }
        if shownGroups.hasUnified { makeLater("cgroup2", at: target.appending("unified"), options) }
    }

    /// The host's control groups in place of a mount of them, as runc has it.
    func hierarchy(of mount: Specification.Mount) throws(RuntimeError) -> Specification.Mount {
        let mounted = try doing("find control groups") { () throws(SystemError) in try ControlHierarchies.mounted() }
        guard let unified = mounted.unified else {
            throw RuntimeError(.failed, "mount at", mount.destination.displayed, "no cgroup2 hierarchy is mounted")
        }
        var bind = mount
        bind.type = "bind"
        bind.source = ByteName(unified.mountPoint.bytes)
        return bind
    }
}
