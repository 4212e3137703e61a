import Model

/// A network that containers are connected to. Fixed from its creation on.
public struct Network: Sendable, Hashable {
    /// How containers' devices are tied to it: the CNI plugin of this name.
    public enum Driver: String, Sendable, CaseIterable {
        case bridge, macvlan, ipvlan
    }

    /// The one that containers are connected to when they name none. It is made when it is first needed.
    public static let defaultName = "bridge"

    public let name: String
    /// 64 hexadecimal digits.
    public let id: String
    public let driver: Driver
    public let subnet: IPv4Subnet
    public let gateway: IPv4Address
    /// Of which containers get their addresses; nil for the whole subnet.
    public let range: IPv4Subnet?
    /// Whether nothing is reached from it but its own containers and the host.
    public let isInternal: Bool
    /// Sorted by their names, as the labels are.
    public let options: [Label]
    public let labels: [Label]
    /// Seconds since 1970.
    public let created: Int64

    /// The host's device that the containers hang on: at most 15 bytes, different for each network of each repository.
    /// Nil where there is none of the network's own.
    public var bridge: String? {
        driver == .bridge ? option(.bridgeName) ?? "varve-\(id.prefix(8))" : nil
    }

    func option(_ option: Option) -> String? { options.first { $0.name == option.rawValue }?.value }

    /// The options that are known, with Docker's names.
    enum Option: String, CaseIterable {
        case bridgeName = "com.docker.network.bridge.name"
        case masquerade = "com.docker.network.bridge.enable_ip_masquerade"
        case mtu = "com.docker.network.driver.mtu"
        /// The host's device that macvlan and ipvlan divide; the one of the default route where it is not named.
        case parent
        case macvlanMode = "macvlan_mode"
        case ipvlanMode = "ipvlan_mode"

        var drivers: Set<Driver> {
            switch self {
            case .bridgeName, .masquerade: [.bridge]
            case .mtu: [.bridge, .macvlan, .ipvlan]
            case .parent: [.macvlan, .ipvlan]
            case .macvlanMode: [.macvlan]
            case .ipvlanMode: [.ipvlan]
            }
        }

        /// What the value has to be; nil where it is right.
        func complaint(about value: String) -> String? {
            switch self {
            case .bridgeName, .parent:
                Network.isDeviceName(value)
                    ? nil : "it takes a device's name of at most 15 letters, digits, '.', '_' and '-'"
            case .masquerade: ["true", "false"].contains(value) ? nil : "it takes 'true' or 'false'"
            case .mtu: UInt16(value).map { $0 >= 68 } == true ? nil : "it takes 68 to 65535 bytes"
            case .macvlanMode:
                ["bridge", "private", "vepa", "passthru"].contains(value)
                    ? nil : "it takes 'bridge', 'private', 'vepa' or 'passthru'"
            case .ipvlanMode: ["l2", "l3", "l3s"].contains(value) ? nil : "it takes 'l2', 'l3' or 'l3s'"
            }
        }
    }

    static func isDeviceName(_ text: String) -> Bool {
        text.utf8.count <= 15 && text != "." && text != ".." && Repository.isContainerName(text)
    }
}

extension Network {
    /// As it stands in `network.json` and in what `network inspect` prints (docs/networks.md).
    public var json: JSON {
        [
            "name": .string(name), "id": .string(id), "driver": .string(driver.rawValue),
            "subnet": .string("\(subnet)"), "gateway": .string("\(gateway)"),
            "range": range.map { .string("\($0)") } ?? .null, "internal": .bool(isInternal),
            "options": options.json, "labels": labels.json, "created": .integer(created),
        ]
    }

    init?(json: JSON) {
        guard let name = json["name"]?.string, let id = json["id"]?.string,
            let driver = json["driver"]?.string.flatMap(Driver.init(rawValue:)),
            let subnet = json["subnet"]?.string.flatMap({ IPv4Subnet(parsing: $0) }),
            let gateway = json["gateway"]?.string.flatMap({ IPv4Address(parsing: $0) }),
            let isInternal = json["internal"]?.bool, let options = json["options"].flatMap([Label].init(json:)),
            let labels = json["labels"].flatMap([Label].init(json:)), let created = json["created"]?.integer
        else { return nil }
        var range: IPv4Subnet?
        if let text = json["range"]?.string {
            guard let parsed = IPv4Subnet(parsing: text) else { return nil }
            range = parsed
        }
        self.init(
            name: name, id: id, driver: driver, subnet: subnet, gateway: gateway, range: range,
            isInternal: isInternal, options: options, labels: labels, created: created)
    }
}
