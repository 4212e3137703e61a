import Linux
import Model

/// A mount's options, sorted into what the mount and what the filesystem is told.
struct MountOptions {
    var set: MountAttributes = []
    var clear: MountAttributes = []
    var isBind = false
    var isRecursive = false
    /// For the filesystem; a flag has no value.
    var data: [(key: String, value: String?)] = []

    init(_ mount: Specification.Mount) throws(RuntimeError) {
        isBind = mount.type == "bind"
        for option in mount.options {
            switch option {
            case "bind": isBind = true
            case "rbind": (isBind, isRecursive) = (true, true)
            // Every mount of a container is private.
            case "private", "rprivate", "defaults": break
            case "shared", "rshared", "slave", "rslave", "unbindable", "runbindable":
                throw RuntimeError(.refused, "mount at", mount.destination.displayed, "propagation \(option)")
            default: apply(option)
            }
        }
    }

    private mutating func apply(_ option: String) {
        if let attribute = MountOptions.attributes[option] {
            if !attribute.isDisjoint(with: MountOptions.accessTimes) { clear.formUnion(.accessTimeMask) }
            set.formUnion(attribute)
        } else if let attribute = MountOptions.opposites[option] {
            set.subtract(attribute)
            clear.formUnion(attribute)
        } else if let equals = option.firstIndex(of: "=") {
            data.append((String(option[..<equals]), String(option[option.index(after: equals)...])))
        } else {
            data.append((option, nil))
        }
    }

    private static let accessTimes: MountAttributes = [.noAccessTimes, .strictAccessTimes]
    private static let attributes: [String: MountAttributes] = [
        "ro": .readOnly, "nosuid": .noSetuid, "nodev": .noDevices, "noexec": .noExecution,
        "noatime": .noAccessTimes, "strictatime": .strictAccessTimes, "nodiratime": .noDirectoryAccessTimes,
        "nosymfollow": .noSymlinks,
    ]
    /// `relatime` is what is left when no other kind of access times is set.
    private static let opposites: [String: MountAttributes] = [
        "rw": .readOnly, "suid": .noSetuid, "dev": .noDevices, "exec": .noExecution, "relatime": .accessTimeMask,
        "diratime": .noDirectoryAccessTimes, "symfollow": .noSymlinks,
    ]
}
