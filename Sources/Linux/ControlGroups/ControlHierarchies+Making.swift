import Glibc
import Model

extension ControlHierarchies.Hierarchy {
    /// The group at `path`, made with those above it where it is missing.
    /// - Parameter wanted: controllers of version 2 that are to work in it where the groups above have them; nil for all.
    ///   Which do, the result says.
    /// - Returns: the group, and whether it was missing.
    func make(
        _ path: ControlGroupPath, with wanted: Set<ControlGroup.Controller>?
    ) throws(SystemError) -> (group: ControlGroup, isMade: Bool) {
        var isMade = false
        let target = try directory(of: path)
        var directory = mountPoint
        for name in target.names.dropFirst(mountPoint.names.count) {
            let above = group(at: directory)
            if version == .two { try above.enable(wanted) }
            directory = directory.appending(name)
            do throws(SystemError) { try Files.makeDirectory(KernelPath(directory.bytes)) } catch {
                if error.errno == .exists { continue }
                throw error
            }
            isMade = directory == target
            if controllers.contains(.cpuset) { try group(at: directory).inheritProcessors(of: above) }
        }
        return (try found(at: target), isMade)
    }

    /// Nil where there is no such group.
    func find(_ path: ControlGroupPath) throws(SystemError) -> ControlGroup? {
        let directory = try directory(of: path)
        do throws(SystemError) {
            guard try group(at: directory).exists() else { return nil }
            return try found(at: directory)
        } catch {
            if error.errno == .noEntry || error.errno == .noDevice { return nil }
            throw error
        }
    }

    private func group(at path: BytePath) -> ControlGroup {
        ControlGroup(version: version, controllers: controllers, path: path)
    }

    private func found(at path: BytePath) throws(SystemError) -> ControlGroup {
        let group = group(at: path)
        guard version == .two else { return group }
        let enabled = ControlGroup.Controller.named(try group.read("cgroup.controllers"))
        return ControlGroup(version: .two, controllers: enabled, path: path)
    }
}

extension ControlGroup {
    /// Lets controllers work in the groups below this one. What the kernel refuses, the group below shows by not having it.
    fileprivate func enable(_ wanted: Set<Controller>?) throws(SystemError) {
        if wanted?.isEmpty == true { return }
        let enabled = Controller.named(try read("cgroup.subtree_control"))
        if let wanted, wanted.isSubset(of: enabled) { return }
        let available = Controller.named(try read("cgroup.controllers"))
        // One at a time: of several the kernel takes all or none.
        for controller in available.intersection(wanted ?? available).subtracting(enabled) {
            do throws(SystemError) { try write("+\(controller.rawValue)", to: "cgroup.subtree_control") } catch {
                // A group with processes of its own can have none below it; a namespace or a permission may forbid it.
                if ![.busy, .notSupported, .noEntry, .accessDenied, .notPermitted, .invalid].contains(error.errno) {
                    throw error
                }
            }
        }
    }

    /// A new group of version 1 has no processor and no memory to run on (cgroup-v1/cpusets.rst).
    fileprivate func inheritProcessors(of parent: ControlGroup) throws(SystemError) {
        for file in ["cpuset.cpus", "cpuset.mems"] where try read(file).isEmpty {
            try write(try parent.read(file), to: file)
        }
    }
}
