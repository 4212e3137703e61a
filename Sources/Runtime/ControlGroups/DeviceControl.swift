import Linux
import Model

/// What keeps a container from opening devices that it may not.
///
/// Decided before the mounts are planned: only where nothing else does it, these have to.
enum DeviceControl: Hashable, Sendable {
    /// It may open all of them.
    case none
    /// The control group asks a program, or the devices controller of version 1.
    case group
    /// All mounts are `nodev` but for the listed devices, each a mount of its own.
    case mounts
}

extension Specification.Linux {
    /// The rules of `resources.devices` over those that always hold.
    ///
    /// These come behind the last rule that forbids everything: what follows that can take some of them away. A listed device
    /// may be used for everything, unless a rule is about just this one.
    var deviceFilter: DeviceFilter {
        let rules = resources.devices.map(\.filterRule)
        let base = rules.lastIndex { !$0.allows && $0.isOfEverything }.map { $0 + 1 } ?? 0
        let listed = devices.map { device in
            DeviceFilter.Rule(
                allows: true, kind: device.kind, major: device.number.major, minor: device.number.minor, access: .all)
        }.filter { listed in
            !rules.contains { $0.kind == listed.kind && $0.major == listed.major && $0.minor == listed.minor }
        }
        return DeviceFilter(Array(rules[..<base]) + Specification.standardDeviceRules + listed + rules[base...])
    }

    /// Whether all mounts being `nodev`, but for the listed devices, comes to what the rules say: nothing else may be
    /// opened, and the listed ones may for everything.
    var mountsCanControlDevices: Bool {
        let nodes = Specification.standardDevices + devices
        return resources.devices.allSatisfy { rule in
            let rule = rule.filterRule
            if rule.isOfEverything { return !rule.allows }
            // Making any device is allowed already.
            if rule.allows, rule.access == .make { return true }
            return rule.allows && rule.access == .all
                && nodes.contains {
                    $0.kind == rule.kind && $0.number.major == rule.major && $0.number.minor == rule.minor
                }
        }
    }
}

extension Specification {
    /// What every container may do, as Docker and runc have it: make any device, and open the default ones (config-linux.md,
    /// "Default Devices") and terminals.
    static var standardDeviceRules: [DeviceFilter.Rule] {
        let making: [FileKind] = [.characterDevice, .blockDevice]
        // Any side of a terminal, and /dev/ptmx.
        let terminals: [(UInt32, UInt32?)] = [(136, nil), (5, 2)]
        let opened = standardDevices.map { ($0.number.major, Optional($0.number.minor)) } + terminals
        return making.map { .init(allows: true, kind: $0, major: nil, minor: nil, access: .make) }
            + opened.map { .init(allows: true, kind: .characterDevice, major: $0.0, minor: $0.1, access: .all) }
    }
}

extension Specification.DeviceRule {
    var filterRule: DeviceFilter.Rule {
        let kinds: [Kind: FileKind] = [.character: .characterDevice, .block: .blockDevice]
        let letters: [Access: DeviceFilter.Access] = [.read: .read, .write: .write, .make: .make]
        return DeviceFilter.Rule(
            allows: allows, kind: kinds[kind], major: major, minor: minor,
            access: access.reduce(into: DeviceFilter.Access()) { $0.formUnion(letters[$1] ?? []) })
    }
}
