import Glibc
import Linux
import Model
import Runtime

/// A device of the host that a container has too, or a directory of the host with devices.
public struct HostDevice: Sendable, Hashable {
    /// On the host; symlinks are followed.
    public var source: BytePath
    public var destination: BytePath
    public var access: Set<Specification.DeviceRule.Access>

    /// `HOST[:CONTAINER][:ACCESS]` as Docker takes it, where ACCESS is of `r`, `w` and `m`.
    public init?(parsing text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        access = Set(Specification.DeviceRule.Access.allCases)
        if parts.count > 1, let last = parts.last, let access = Self.access(last) {
            self.access = access
            parts.removeLast()
        }
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.hasPrefix("/") }),
            let source = BytePath(parsing: parts[0].utf8), !source.isRoot,
            let destination = BytePath(parsing: parts[parts.count - 1].utf8), !destination.isRoot
        else { return nil }
        (self.source, self.destination) = (source, destination)
    }

    /// Nil where it is anything but each of `r`, `w` and `m` at most once.
    static func access(_ text: String) -> Set<Specification.DeviceRule.Access>? {
        let access = text.compactMap { Specification.DeviceRule.Access(rawValue: String($0)) }
        guard !access.isEmpty, access.count == text.count, Set(access).count == access.count else { return nil }
        return Set(access)
    }

    var json: JSON {
        [
            "source": .string(source.bytes.hex), "destination": .string(destination.bytes.hex),
            "access": .string(access.map(\.rawValue).sorted().joined()),
        ]
    }

    init?(json: JSON) {
        func path(_ key: String) -> BytePath? {
            json[key]?.string.flatMap { [UInt8](hex: $0) }.flatMap { BytePath(parsing: $0) }
        }
        guard let source = path("source"), let destination = path("destination"),
            let access = json["access"]?.string.flatMap(Self.access)
        else { return nil }
        (self.source, self.destination, self.access) = (source, destination, access)
    }

    /// What the container gets at its path, or below it.
    func nodes() throws -> [Specification.Device] {
        let status: FileStatus
        do throws(SystemError) { status = try Files.statusOfTarget(KernelPath(source.bytes)) } catch {
            throw EngineError.refused("add device", subject: source.displayed, reason: error.cause)
        }
        switch status.kind {
        case .characterDevice, .blockDevice:
            return [
                Specification.Device(
                    destination, kind: status.kind, number: status.device, permissions: status.permissions,
                    uid: status.uid, gid: status.gid)
            ]
        case .directory:
            return try Privileges.devices(below: source).map { device in
                var device = device
                device.path = BytePath(destination.names + device.path.names.dropFirst(source.names.count))
                return device
            }
        default:
            throw EngineError.refused(
                "add device", subject: source.displayed, reason: "it is neither a device nor a directory")
        }
    }

    func rule(for device: Specification.Device) -> Specification.DeviceRule {
        Specification.DeviceRule(
            allows: true, kind: device.kind == .blockDevice ? .block : .character, major: device.number.major,
            minor: device.number.minor, access: access)
    }
}

extension Specification.DeviceRule {
    /// `TYPE MAJOR:MINOR ACCESS` as Docker takes it, where the type is `a`, `b` or `c` and a number may be `*`.
    public init?(parsing text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, let kind = Kind(rawValue: words[0]), let access = HostDevice.access(words[2]) else {
            return nil
        }
        let numbers = words[1].split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers.allSatisfy({ $0 == "*" || UInt32($0) != nil }) else { return nil }
        self.init(allows: true, kind: kind, major: UInt32(numbers[0]), minor: UInt32(numbers[1]), access: access)
    }
}
