import Linux
import Model

/// What a container is connected to at each start: as it was made, until somebody connects or disconnects it.
extension Repository {
    public func endpoints(of container: Container) throws -> [Endpoint] {
        if let bytes = try Files.contentsIfPresent(files(of: container.id).endpoints) {
            guard let json = try? JSON(parsing: bytes), let endpoints = json.array?.all(Endpoint.init(json:)) else {
                throw EngineError.damagedContainer(
                    container.id, reason: "\(files(of: container.id).endpoints) is damaged")
            }
            return endpoints
        }
        guard case .networks(let endpoints) = container.configuration.connection.mode else { return [] }
        return endpoints
    }

    /// Finds what a new container is to be connected to, and refuses what is not there.
    func resolveNetworks(of configuration: inout ContainerConfiguration) throws {
        switch configuration.connection.mode {
        case .none, .host: return
        case .container(let text):
            let other = try container(text)
            configuration.connection.mode = .container(other.id)
            // Both answer to the name that goes with the address.
            configuration.hostname = HostName(try other.hostname)
            configuration.connection.domainName = other.configuration.connection.domainName
        case .networks(var endpoints):
            // The default network is made at the first start.
            for index in endpoints.indices where endpoints[index].network != Network.defaultName {
                endpoints[index].network = try network(endpoints[index].network).name
            }
            configuration.connection.mode = .networks(endpoints)
        }
    }

    /// Connects a container to one more network: at once where it runs, and at each start from now on.
    public func connect(_ container: Container, to endpoint: Endpoint) throws {
        var endpoint = endpoint
        try withLock(container) {
            try container.requireNetworks(to: "connect network")
            let network = try networkToConnect(endpoint.network)
            endpoint.network = network.name
            var endpoints = try endpoints(of: container)
            guard !endpoints.contains(where: { $0.network == network.name }) else {
                throw EngineError.refused(
                    "connect network", subject: network.name, reason: "\(container.name) is connected to it already")
            }
            endpoints.append(endpoint)
            if let namespace = try namespace(of: container) {
                try connect(container, to: network, as: endpoint, in: namespace)
            } else {
                try check(Attachment(of: container, to: network, as: endpoint, interface: "eth0"), to: network)
            }
            try write(endpoints, of: container)
            record(.connect, of: network, [.init("container", container.id)])
        }
    }

    private func connect(
        _ container: Container, to network: Network, as endpoint: Endpoint, in namespace: String
    ) throws {
        // What is left of a connecting or disconnecting that was cut short: the device, say.
        for rest in try attachments(ofID: container.id) where rest.network == network.name {
            try disconnect(rest, from: namespace)
        }
        let others = try attachments(ofID: container.id)
        var attachment = Attachment(
            of: container, to: network, as: endpoint, interface: Self.freeInterface(besides: others))
        attachment.hasDefaultRoute = !network.isInternal && !others.contains(where: \.hasDefaultRoute)
        try check(attachment, to: network)
        do {
            try withNetworkLock(.ports) {
                // As at a start, the first network that can publishes.
                if network.canPublish, others.allSatisfy(\.ports.isEmpty) {
                    let exposed = try imageConfiguration(of: state(of: container).base).exposedPorts
                    attachment.ports = try choosePorts(for: container, exposed: exposed)
                }
                try write(attachment)
            }
            try establish(attachment, in: namespace)
        } catch {
            do { try disconnect(attachment, from: namespace) } catch let second { warn(second, container.name) }
            throw error
        }
        try updateNames(in: [network.name])
    }

    /// Disconnects a container from a network: at once where it runs, and for each start from now on.
    public func disconnect(_ container: Container, from network: Network) throws {
        try withLock(container) {
            try container.requireNetworks(to: "disconnect network")
            try withSharedNetworkLock { try requireSame(network) }
            let endpoints = try endpoints(of: container)
            let attachment = try attachments(ofID: container.id).first { $0.network == network.name }
            // One of the two is left of what was cut short.
            guard attachment != nil || endpoints.contains(where: { $0.network == network.name }) else {
                throw EngineError.refused(
                    "disconnect network", subject: network.name, reason: "\(container.name) is not connected to it")
            }
            try write(endpoints.filter { $0.network != network.name }, of: container)
            if let attachment {
                try disconnect(attachment, from: try namespace(of: container))
                try updateNames(of: container)
                if !attachment.ports.isEmpty {
                    warned("disconnect network: \(network.name): \(container.name) publishes no port now")
                }
            }
            record(.disconnect, of: network, [.init("container", container.id)])
        }
    }

    /// Has a container start without a network that there is no more.
    /// - Parameter name: of the network as it was.
    public func disconnect(_ container: Container, fromMissing name: String) throws {
        try withLock(container) {
            try container.requireNetworks(to: "disconnect network")
            let endpoints = try endpoints(of: container)
            guard endpoints.contains(where: { $0.network == name }) else {
                throw EngineError.refused(
                    "disconnect network", subject: name, reason: "\(container.name) is not connected to it")
            }
            try write(endpoints.filter { $0.network != name }, of: container)
        }
    }

    private func write(_ endpoints: [Endpoint], of container: Container) throws {
        try Files.replace(
            files(of: container.id).endpoints, with: JSON.array(endpoints.map(\.json)).serialized())
    }

    private static func freeInterface(besides attachments: [Attachment]) -> String {
        var number = 0
        while attachments.contains(where: { $0.interface == "eth\(number)" }) { number += 1 }
        return "eth\(number)"
    }

    /// The path of the network namespace of a container that another one shares it with.
    func namespaceToJoin(of id: String) throws -> String {
        guard let container = try container(id: id) else { throw EngineError.unknownContainer(id, near: []) }
        guard let namespace = try namespace(of: container) else {
            throw EngineError.containerNotRunning(container.name)
        }
        return namespace
    }

    /// The path of a running container's network namespace; nil where it does not run.
    func namespace(of container: Container) throws -> String? {
        guard case .running(let first) = try state(of: container).status, try first.isAlive() else { return nil }
        return "/proc/\(first.pid)/ns/net"
    }
}

extension Container {
    fileprivate func requireNetworks(to operation: String) throws {
        let reason: String
        switch configuration.connection.mode {
        case .networks: return
        case .none: reason = "it was made without networks"
        case .host: reason = "it is on the host's network"
        case .container: reason = "it is on another container's network"
        }
        throw EngineError.refused(operation, subject: name, reason: reason)
    }
}
