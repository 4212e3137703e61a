import Linux
import Model
import Runtime

extension Specification {
    /// A `config.json` to begin with: a shell at a terminal, with few capabilities, on a root that can't be written.
    /// - Parameter owner: where it is not nil, what runs is not root, but in a user namespace of its own: this user and
    ///   group of the host are root there.
    public static func template(for owner: (uid: UInt32, gid: UInt32)? = nil) -> Specification {
        // Those that a shell's programs are likely to need: AUDIT_WRITE, KILL and NET_BIND_SERVICE.
        let few: CapabilitySet = [29, 5, 10]
        var process = Process(
            arguments: ["sh"],
            environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            hasTerminal: true, capabilities: Capabilities(few), limits: [Limit(.openFiles, soft: 1024, hard: 1024)],
            noNewPrivileges: true)
        process.capabilities.inheritable = []
        var result = Specification.standard(
            process: process, root: Root(path: "rootfs", isReadOnly: true), hostname: "varve")
        result.linux.resources.devices = [DeviceRule(allows: false)]
        if let owner { result.makeRootless(owner.uid, owner.gid) }
        return result
    }

    /// What a user of the host may do: no network of its own that would need one who sets it up, no limits, and the host's
    /// `/sys`, which a network namespace of somebody else can't mount.
    private mutating func makeRootless(_ uid: UInt32, _ gid: UInt32) {
        linux.namespaces.remove(.network)
        linux.namespaces.insert(.user)
        linux.uidMappings = [IDMapping(container: 0, host: uid, size: 1)]
        linux.gidMappings = [IDMapping(container: 0, host: gid, size: 1)]
        linux.resources = Resources()
        mounts = mounts.map { mount in
            var mount = mount
            switch mount.type {
            case "sysfs":
                return Mount(
                    "bind", at: mount.destination, source: "/sys",
                    options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
            // The one group there is has number 0.
            case "devpts": mount.options.removeAll { $0.hasPrefix("gid=") }
            default: break
            }
            return mount
        }
    }
}
