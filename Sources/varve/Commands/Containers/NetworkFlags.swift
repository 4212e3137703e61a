import ArgumentParser
import Engine
import Glibc
import Model

/// Docker's flags for how a container is connected.
struct NetworkFlags: ParsableArguments {
    @Option(
        name: [.customLong("network"), .customLong("net")],
        help: """
            The network: none, host, bridge, container:NAME, or one that 'network create' made; several take the option \
            several times (default: $VARVE_NETWORK; else bridge where its plugins are, else none).
            """)
    var network: [String] = []
    @Option(name: .joined("p"), help: "Publish ports: [[ADDRESS:]HOSTPORT[-LAST]:]PORT[-LAST][/tcp|udp|sctp].")
    var publish: [String] = []
    @Flag(
        name: [.customShort("P"), .customLong("publish-all")],
        help: "Publish all ports that the image or --expose names.")
    var publishesAll = false
    @Option(help: "A port that the container serves: PORT[-LAST][/tcp|udp|sctp].") var expose: [String] = []
    @Option(help: "The container's IPv4 address on the first network.") var ip: String?
    @Option(help: "The hardware address of its device there.") var macAddress: String?
    @Option(name: [.customLong("network-alias"), .customLong("net-alias")], help: "A further name of it there.")
    var networkAlias: [String] = []
    @Option(help: "A line of /etc/hosts: NAME:ADDRESS, or NAME:host-gateway for the host.") var addHost: [String] = []
    @Option(help: "A name server (default: the host's).") var dns: [String] = []
    @Option(help: "A domain that names are completed with; . for none.") var dnsSearch: [String] = []
    @Option(name: [.customLong("dns-option"), .customLong("dns-opt")], help: "An option of resolv.conf.")
    var dnsOption: [String] = []
    @Option(help: "The domain name inside.") var domainname: String?

    func apply(to configuration: inout ContainerConfiguration) throws {
        var options = NetworkOptions()
        options.mode = try mode()
        options.ports = try publish.flatMap { text in
            if text.hasPrefix("[") {
                throw refusal("--publish \(text)", "containers have no IPv6: it takes an IPv4 address")
            }
            return try PortRequest.parse(text).required(
                refusal("--publish \(text)", "it takes [[ADDRESS:]HOSTPORT[-LAST]:]PORT[-LAST][/tcp|udp|sctp]"))
        }
        options.publishesAll = publishesAll
        options.exposed = try expose.flatMap { text in
            try PortRange(parsing: text).required(refusal("--expose \(text)", "it takes PORT[-LAST][/tcp|udp|sctp]"))
                .ports
        }
        options.hosts = try addHost.map(host)
        if let bad = dns.first(where: { !Self.isAddress($0) }) { throw refusal("--dns \(bad)", "it takes an address") }
        options.nameServers = dns
        options.searchDomains = try dnsSearch.map { try word($0, of: "--dns-search") }
        options.resolverOptions = try dnsOption.map { try word($0, of: "--dns-option") }
        options.domainName = try domainname.flatMap { text in
            text.isEmpty ? nil : try Self.name(text, of: "--domainname", longest: HostName.longestOwn)
        }
        try check(&options, configuration)
        configuration.connection = options
    }

    private func mode() throws -> NetworkOptions.Mode {
        let asked = network.isEmpty ? [Self.standard] : network
        for (name, mode) in [("none", NetworkOptions.Mode.none), ("host", .host)] where asked.contains(name) {
            guard asked.count == 1 else { throw refusal("--network \(name)", "it goes with no other network") }
            return mode
        }
        if let text = asked.first(where: { $0.hasPrefix("container:") }) {
            guard asked.count == 1 else { throw refusal("--network \(text)", "it goes with no other network") }
            return .container(String(text.dropFirst("container:".count)))
        }
        var endpoints = try asked.map { text in
            try EndpointText.parse(text).required(
                refusal("--network \(text)", "it takes NAME, or name=NAME,alias=…,ip=…,mac-address=…"))
        }
        endpoints[0].aliases += try networkAlias.map { try Self.name($0, of: "--network-alias") }
        if let ip {
            endpoints[0].address = try IPv4Address(parsing: ip).required(
                refusal("--ip \(ip)", "it takes an IPv4 address"))
        }
        if let macAddress {
            endpoints[0].hardwareAddress = try EndpointText.hardwareAddress(macAddress).required(
                refusal("--mac-address \(macAddress)", "it takes six bytes in hexadecimal, such as 02:42:ac:11:00:02"))
        }
        for endpoint in endpoints where endpoints.count(where: { $0.network == endpoint.network }) > 1 {
            throw refusal("--network \(endpoint.network)", "it is named twice")
        }
        return .networks(endpoints)
    }

    /// What containers are connected to that name no network.
    private static var standard: String {
        if let asked = Environment["VARVE_NETWORK"], !asked.isEmpty { return asked }
        return geteuid() == 0 && NetworkPlugins(searchPath: Environment["CNI_PATH"]).canBridge
            ? Network.defaultName : "none"
    }

    private func host(_ text: String) throws -> NetworkOptions.Host {
        let separator = text.firstIndex { $0 == ":" || $0 == "=" } ?? text.endIndex
        let name = try Self.name(String(text[..<separator]), of: "--add-host")
        var address = String(text[separator...].dropFirst())
        if address == "host-gateway" { return .init(name: name, address: nil) }
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        guard Self.isAddress(address) else {
            throw refusal("--add-host \(text)", "it takes NAME:ADDRESS, or NAME:host-gateway")
        }
        return .init(name: name, address: address)
    }

    private static func isAddress(_ text: String) -> Bool {
        var bytes = in6_addr()
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }

    /// - Parameter longest: in bytes.
    static func name(
        _ text: String, of flag: String, longest: Int = 253, command: String = "run"
    ) throws -> HostName {
        try HostName(text, longest: longest).required(
            UsageError("\(command): \(flag) \(text): \(HostName.rule) \(longest)"))
    }

    /// A line of a file holds several.
    private func word(_ text: String, of flag: String) throws -> String {
        let isWord = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }
        guard isWord else { throw refusal("\(flag) \(text)", "it takes one word") }
        return text
    }

    /// What makes no sense together, as docker has it. On a network without ports of its own, which was asked for, publishing
    /// means nothing.
    private func check(_ options: inout NetworkOptions, _ configuration: ContainerConfiguration) throws {
        var conflicts: [(flag: String, isGiven: Bool)] = []
        switch options.mode {
        case .networks: return
        case .none, .host: break
        case .container:
            conflicts = [
                ("--hostname", configuration.hostname != nil), ("--domainname", domainname != nil),
                ("--add-host", !addHost.isEmpty), ("--dns", !dns.isEmpty), ("--dns-search", !dnsSearch.isEmpty),
                ("--dns-option", !dnsOption.isEmpty), ("--expose", !expose.isEmpty),
            ]
        }
        if !network.isEmpty, options.mode == .none || options.mode == .host, !publish.isEmpty || publishesAll {
            options.ports = []
            options.publishesAll = false
            StandardError.write("varve: warning: run: --publish: it does nothing with --network \(network[0])\n")
        }
        conflicts += [
            ("--publish", !options.ports.isEmpty), ("--publish-all", options.publishesAll), ("--ip", ip != nil),
            ("--mac-address", macAddress != nil), ("--network-alias", !networkAlias.isEmpty),
        ]
        if let conflict = conflicts.first(where: \.isGiven) {
            throw refusal(conflict.flag, "it takes a network of the container's own; see --network")
        }
    }

    private func refusal(_ subject: String, _ reason: String) -> UsageError {
        UsageError("run: \(subject): \(reason)")
    }
}

extension Optional {
    /// What is there; else the failure.
    func required(_ failure: @autoclosure () -> UsageError) throws -> Wrapped {
        guard let value = self else { throw failure() }
        return value
    }
}

/// Docker's long form of `--network`: `name=web,alias=www,ip=10.1.2.3,mac-address=02:42:ac:11:00:02`.
enum EndpointText {
    /// Nil where it can't be meant.
    static func parse(_ text: String) -> Endpoint? {
        guard text.contains("=") else { return text.isEmpty ? nil : Endpoint(text) }
        var endpoint = Endpoint("")
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, !pair[1].isEmpty else { return nil }
            switch pair[0] {
            case "name": endpoint.network = pair[1]
            case "alias":
                guard let alias = HostName(pair[1]) else { return nil }
                endpoint.aliases.append(alias)
            case "ip":
                guard let address = IPv4Address(parsing: pair[1]) else { return nil }
                endpoint.address = address
            case "mac-address":
                guard let address = hardwareAddress(pair[1]) else { return nil }
                endpoint.hardwareAddress = address
            default: return nil
            }
        }
        return endpoint.network.isEmpty ? nil : endpoint
    }

    /// Nil where it is no address of one device (the lowest bit of the first byte is that of groups).
    static func hardwareAddress(_ text: String) -> String? {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.utf8.count == 2 ? UInt8($0, radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6, bytes[0] & 1 == 0, bytes.contains(where: { $0 != 0 }) else {
            return nil
        }
        return parts.joined(separator: ":")
    }
}
