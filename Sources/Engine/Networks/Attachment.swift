import Model

/// A container's connection to a network: written down before anything of it exists, and taken away when nothing of it
/// does any more.
public struct Attachment: Sendable, Hashable {
    public let network: String
    public let containerID: String
    /// The device's name in the container.
    public let interface: String
    /// What was asked for.
    public let wish: Endpoint
    /// By which others find the container.
    public var names: [String]
    /// By which it finds itself: its host name, with its domain in front where it has one.
    public var hostnames: [String]
    public var ports: [PublishedPort] = []
    /// Whether the container reaches by it what is on none of its networks.
    public var hasDefaultRoute = false
    /// The plugins' result (CNI specification 1.0, "Section 5"); nil until it is connected.
    public var result: JSON?

    init(of container: Container, to network: Network, as wish: Endpoint, interface: String) {
        self.network = network.name
        containerID = container.id
        self.interface = interface
        self.wish = wish
        names = container.names(with: wish)
        hostnames = container.hostnames
    }

    /// All that is known where what was written down is damaged, by a power cut say: enough to take it away.
    init(ofID containerID: String, to network: String) {
        self.network = network
        self.containerID = containerID
        interface = "eth0"
        wish = Endpoint(network)
        (names, hostnames) = ([], [])
    }

    public var address: IPv4Address? { ownAddress?.address }

    /// With the length of the network's prefix.
    public var ownAddress: (address: IPv4Address, prefix: Int)? {
        result?["ips"]?.array?.first?["address"]?.string.flatMap { IPv4Subnet.split($0) }
    }

    public var hardwareAddress: String? { device { $0["sandbox"]?.string.map { !$0.isEmpty } == true }?["mac"]?.string }

    /// The device of the host that is the other end of the container's.
    var hostDevice: String? {
        device { ($0["sandbox"]?.string ?? "").isEmpty && $0["name"]?.string?.hasPrefix("veth") == true }?["name"]?
            .string
    }

    private func device(_ isMeant: (JSON) -> Bool) -> JSON? { result?["interfaces"]?.array?.first(where: isMeant) }
}

extension Attachment {
    public var json: JSON {
        [
            "network": .string(network), "container": .string(containerID), "interface": .string(interface),
            "wish": wish.json, "names": .array(names.map { .string($0) }),
            "hostnames": .array(hostnames.map { .string($0) }), "ports": .array(ports.map(\.json)),
            "defaultRoute": .bool(hasDefaultRoute), "result": result ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let network = json["network"]?.string, let containerID = json["container"]?.string,
            let interface = json["interface"]?.string, let wish = json["wish"].flatMap(Endpoint.init(json:)),
            let names = json["names"]?.array?.allStrings, let hostnames = json["hostnames"]?.array?.allStrings,
            let ports = json["ports"]?.array, let hasDefaultRoute = json["defaultRoute"]?.bool
        else { return nil }
        self.ports = ports.compactMap { PublishedPort(json: $0) }
        guard self.ports.count == ports.count else { return nil }
        (self.network, self.containerID, self.interface) = (network, containerID, interface)
        (self.wish, self.names, self.hostnames) = (wish, names, hostnames)
        self.hasDefaultRoute = hasDefaultRoute
        result = json["result"].flatMap { $0.isNull ? nil : $0 }
    }
}

extension Container {
    /// By which it finds itself.
    fileprivate var hostnames: [String] {
        let name = configuration.hostname?.text ?? shortID
        return (configuration.connection.domainName.map { ["\(name).\($0)"] } ?? []) + [name]
    }

    /// By which others on a network find it.
    fileprivate func names(with wish: Endpoint) -> [String] {
        var names = [name]
        for name in wish.aliases.map(\.text) + [shortID] where !names.contains(name) { names.append(name) }
        return names
    }
}
