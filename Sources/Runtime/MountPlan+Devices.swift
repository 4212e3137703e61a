import CLinux
import Linux
import Model

extension MountPlan {
    /// `/dev`: a tmpfs with the devices in it. Each is bound onto itself before the tmpfs forbids devices, so that
    /// these can be opened and no other can.
    mutating func addDev(_ mount: Specification.Mount, _ options: MountOptions) throws(RuntimeError) {
        var open = options
        open.set.subtract([.noDevices, .readOnly])
        let dev = try make(mount, open)
        try attach(dev, at: mount.destination)
        let target = steps[steps.count - 1].target
        for device in devices { try make(device, in: dev) }
        try doing("make links in", "/dev") { () throws(SystemError) in
            try identities.makingAsRoot { () throws(SystemError) in
                for link in Specification.standardLinks {
                    try Files.makeSymlink(link.name, in: dev.reference, target: link.target)
                }
            }
        }
        let closing = options.set.intersection([.noDevices, .readOnly])
        if closing.contains(.noDevices) {
            for device in devices {
                append(
                    MountStep(VARVE_STEP_SELF, BytePath(target.names + device.path.names.dropFirst())), isPlaced: true)
            }
        }
        if !closing.isEmpty {
            var step = MountStep(VARVE_STEP_ATTRIBUTES, target)
            step.set = closing
            append(step, isPlaced: true)
        }
        hasDevices = true
    }

    private func make(_ device: Specification.Device, in dev: SharedDescriptor) throws(RuntimeError) {
        guard device.path.names.count >= 2, device.path.isWithin(MountPlan.dev),
            device.kind == .characterDevice || device.kind == .blockDevice
        else { throw RuntimeError(.refused, "make device", device.path.displayed, "not a device in /dev") }
        let owner = (
            user: try identities.host(ofUser: device.uid), group: try identities.host(ofGroup: device.gid)
        )
        try doing("make device", device.path.displayed) { () throws(SystemError) in
            // Nobody else has seen this tmpfs yet: no symlink stands in the way.
            let names = Array(device.path.names.dropFirst())
            for count in 1..<names.count {
                let parent = KernelPath(relative: BytePath(Array(names[..<count])))
                do throws(SystemError) { try Files.makeDirectory(parent, in: dev.reference) } catch {
                    if error.errno != .exists { throw error }
                }
                try Files.setPermissions(parent, in: dev.reference, 0o755)
            }
            let path = KernelPath(relative: BytePath(names))
            try Files.makeNode(
                path, in: dev.reference, mode: device.kind.modeBits | UInt32(device.permissions), device: device.number)
            // The caller's umask may have taken bits away.
            try Files.setPermissions(path, in: dev.reference, device.permissions)
            if owner != (0, 0) { try Files.setOwner(path, in: dev.reference, uid: owner.user, gid: owner.group) }
        }
    }

    /// `/dev/console` is the terminal.
    mutating func addConsole() throws(RuntimeError) {
        append(
            MountStep(VARVE_STEP_TERMINAL, try place(BytePath(["dev", "console"]), as: .regular)), isPlaced: true)
    }
}
