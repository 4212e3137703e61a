import Linux
import Model
import Runtime

/// One network that a container is to be connected to, and as what.
public struct Endpoint: Sendable, Hashable {
    public var network: String
    /// Names beside the container's own, by which others on the network find it.
    public var aliases: [HostName]
    /// Nil for any free one.
    public var address: IPv4Address?
    /// Six bytes in hexadecimal with colons between; nil for a random one.
    public var hardwareAddress: String?

    public init(
        _ network: String, aliases: [HostName] = [], address: IPv4Address? = nil, hardwareAddress: String? = nil
    ) {
        self.network = network
        self.aliases = aliases
        self.address = address
        self.hardwareAddress = hardwareAddress
    }

    var json: JSON {
        [
            "network": .string(network), "aliases": .array(aliases.map { .string($0.text) }),
            "address": address.map { .string("\($0)") } ?? .null,
            "hardwareAddress": hardwareAddress.map { .string($0) } ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let network = json["network"]?.string,
            let aliases = json["aliases"]?.array?.all({ $0.string.flatMap { HostName($0) } })
        else {
            return nil
        }
        self.init(network, aliases: aliases, hardwareAddress: json["hardwareAddress"]?.string)
        if let text = json["address"]?.string {
            guard let address = IPv4Address(parsing: text) else { return nil }
            self.address = address
        }
    }
}

/// How a container is connected: networks, published ports, names.
public struct NetworkOptions: Sendable, Hashable {
    public enum Mode: Sendable, Hashable {
        /// A loopback device of its own, and nothing else.
        case none
        case host
        /// The network namespace of another container, by its id.
        case container(String)
        case networks([Endpoint])
    }

    /// A line of `/etc/hosts` that was asked for.
    public struct Host: Sendable, Hashable {
        public let name: HostName
        /// An address of either kind; nil for the host's on the container's network.
        public let address: String?

        public init(name: HostName, address: String?) {
            self.name = name
            self.address = address
        }
    }

    public var mode = Mode.none
    public var ports: [PortRequest] = []
    /// Whether all ports that the image or `exposed` names are published too.
    public var publishesAll = false
    public var exposed: [ContainerPort] = []
    public var hosts: [Host] = []
    /// Addresses of name servers; empty for the host's.
    public var nameServers: [String] = []
    /// Domains that names are completed with: empty for the host's, `.` for none.
    public var searchDomains: [String] = []
    /// Options of resolv.conf(5); empty for the host's.
    public var resolverOptions: [String] = []
    public var domainName: HostName?

    public init() {}

    var json: JSON {
        [
            "mode": mode.json, "ports": .array(ports.map(\.json)), "publishesAll": .bool(publishesAll),
            "exposed": .array(exposed.map { .string("\($0)") }),
            "hosts": .array(
                hosts.map { ["name": .string($0.name.text), "address": $0.address.map { .string($0) } ?? .null] }),
            "nameServers": .array(nameServers.map { .string($0) }),
            "searchDomains": .array(searchDomains.map { .string($0) }),
            "resolverOptions": .array(resolverOptions.map { .string($0) }),
            "domainName": domainName.map { .string($0.text) } ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let mode = json["mode"].flatMap(Mode.init(json:)),
            let ports = json["ports"]?.array?.all(PortRequest.init(json:)),
            let publishesAll = json["publishesAll"]?.bool,
            let exposed = json["exposed"]?.array?.all({ $0.string.flatMap { ContainerPort(parsing: $0) } }),
            let hosts = json["hosts"]?.array?.all(Host.init(json:)),
            let nameServers = json["nameServers"]?.array?.allStrings,
            let searchDomains = json["searchDomains"]?.array?.allStrings,
            let resolverOptions = json["resolverOptions"]?.array?.allStrings
        else { return nil }
        (self.mode, self.ports, self.publishesAll, self.exposed) = (mode, ports, publishesAll, exposed)
        (self.hosts, self.nameServers) = (hosts, nameServers)
        (self.searchDomains, self.resolverOptions) = (searchDomains, resolverOptions)
        domainName = json["domainName"]?.string.flatMap { HostName($0) }
    }

    /// Makes the start that `specification` describes go by these options, but for what the repository knows of others.
    func apply(to specification: inout Specification) throws {
        specification.domainname = domainName?.text
        if case .networks = mode, try Files.exists(KernelPath("/proc/sys/net/ipv6/conf")) {
            specification.linux.disableIPv6()
        }
    }
}

extension Specification.Linux {
    /// Has no device of the container's namespace have IPv6, whenever it comes. Networks give no address of that kind, but any
    /// device would make itself one, and take routes from whoever on the network says that it is a router. What
    /// else is asked for goes before.
    fileprivate mutating func disableIPv6() {
        let own = ["all", "default"].map {
            Specification.Annotation(key: "net.ipv6.conf.\($0).disable_ipv6", value: "1")
        }
        // In front: what is written for all holds for the default too.
        sysctl.insert(contentsOf: own.filter { new in !sysctl.contains { $0.key == new.key } }, at: 0)
    }
}

extension NetworkOptions.Host {
    fileprivate init?(json: JSON) {
        guard let name = json["name"]?.string.flatMap({ HostName($0) }) else { return nil }
        self.init(name: name, address: json["address"]?.string)
    }
}

extension NetworkOptions.Mode {
    fileprivate var json: JSON {
        switch self {
        case .none: "none"
        case .host: "host"
        case .container(let id): ["container": .string(id)]
        case .networks(let endpoints): .array(endpoints.map(\.json))
        }
    }

    fileprivate init?(json: JSON) {
        switch json {
        case "none": self = .none
        case "host": self = .host
        case .array(let endpoints):
            guard let all = endpoints.all(Endpoint.init(json:)) else { return nil }
            self = .networks(all)
        default:
            guard let id = json["container"]?.string else { return nil }
            self = .container(id)
        }
    }
}

extension [JSON] {
    /// Nil where one of the elements is of another form.
    func all<Value>(_ decode: (JSON) -> Value?) -> [Value]? {
        let values = compactMap(decode)
        return values.count == count ? values : nil
    }

    /// Nil where an element is no string.
    var allStrings: [String]? { all(\.string) }
}
