import CLinux
import Linux
import Model

/// A mount's options (runtime-spec, config.md, "Linux mount options"), sorted into what the mount and what the filesystem is
/// told.
struct MountOptions {
    var set: MountAttributes = []
    var clear: MountAttributes = []
    /// For what is mounted below a bind mount's source too, by options such as `rro` and `rexec`.
    var clearBelow: MountAttributes = []
    var isBind = false
    var isRecursive = false
    /// Nil leaves a mount as private as every mount of a container is.
    var propagation: MountPropagation?
    /// Whether a bind mount's ids are mapped, and those of what is mounted below it.
    var mapsIDs: Bool?
    /// Whether a tmpfs begins with what stands where it is mounted.
    var copiesUp = false
    /// Whether what is mounted there already only gets other attributes.
    var remounts = false
    /// For the filesystem; a flag has no value.
    var data: [(key: String, value: String?)] = []

    init(_ mount: Specification.Mount) {
        isBind = mount.type == "bind"
        for option in mount.options { take(option) }
    }

    private mutating func take(_ option: String) {
        switch option {
        case "bind": isBind = true
        case "rbind": (isBind, isRecursive) = (true, true)
        case "idmap": mapsIDs = false
        case "ridmap": mapsIDs = true
        case "tmpcopyup": copiesUp = true
        case "remount": remounts = true
        default:
            if let propagation = MountPropagation(option) { return self.propagation = propagation }
            if !MountOptions.withoutEffect.contains(option) { apply(option) }
        }
    }

    private mutating func apply(_ option: String) {
        let isBelow = option.first == "r" && MountOptions.names.contains(String(option.dropFirst()))
        let name = isBelow ? String(option.dropFirst()) : option
        if let attribute = MountOptions.attributes[name] {
            // The kinds of access times share a field, which is cleared as a whole (mount_setattr(2)).
            let isAccessTime = !attribute.isDisjoint(with: MountOptions.accessTimes)
            if isAccessTime { set.subtract(.accessTimeMask) }
            clear = isAccessTime ? clear.union(.accessTimeMask) : clear.subtracting(attribute)
            set.formUnion(attribute)
        } else if let attribute = MountOptions.opposites[name] {
            set.subtract(attribute)
            clear.formUnion(attribute)
            if isBelow { clearBelow.formUnion(attribute) }
        } else if let equals = option.firstIndex(of: "=") {
            data.append((String(option[..<equals]), String(option[option.index(after: equals)...])))
        } else {
            data.append((option, nil))
        }
    }

    private static let names = Swift.Set(attributes.keys).union(opposites.keys)
    private static let accessTimes: MountAttributes = [.noAccessTimes, .strictAccessTimes]
    private static let attributes: [String: MountAttributes] = [
        "ro": .readOnly, "nosuid": .noSetuid, "nodev": .noDevices, "noexec": .noExecution,
        "noatime": .noAccessTimes, "strictatime": .strictAccessTimes, "nodiratime": .noDirectoryAccessTimes,
        "nosymfollow": .noSymlinks,
    ]
    /// `relatime` is what is left when no other kind of access times is set.
    private static let opposites: [String: MountAttributes] = [
        "rw": .readOnly, "suid": .noSetuid, "dev": .noDevices, "exec": .noExecution, "relatime": .accessTimeMask,
        "norelatime": .accessTimeMask, "atime": .accessTimeMask, "nostrictatime": .accessTimeMask,
        "diratime": .noDirectoryAccessTimes, "symfollow": .noSymlinks,
    ]
    /// What holds anyway, or is about messages of mount(8).
    private static let withoutEffect: Swift.Set = [
        "defaults", "async", "loud", "silent", "noiversion", "nolazytime", "nomand",
    ]
}

/// How mounts spread from and to one.
struct MountPropagation {
    let kind: Specification.Propagation
    let isRecursive: Bool

    /// `shared`, `rshared` and so on; nil for any other option.
    init?(_ option: String) {
        if let kind = Specification.Propagation(rawValue: option) {
            (self.kind, isRecursive) = (kind, false)
        } else if option.first == "r", let kind = Specification.Propagation(rawValue: String(option.dropFirst())) {
            (self.kind, isRecursive) = (kind, true)
        } else {
            return nil
        }
    }

    var flag: UInt64 { kind.flag }
    /// Whether the mount has to stay in its original's peer group for it.
    var concernsOriginal: Bool { kind == .shared || kind == .slave }
}
