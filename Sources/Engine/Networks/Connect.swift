import Linux
import Model

extension Repository {
    /// Chooses and writes down what a start is to connect, before anything of it exists: whoever is killed from here on
    /// leaves what ``disconnect(_:)`` goes by. What can be refused is refused here. The caller has the container's
    /// ``ContainerFiles/running``.
    func planConnections(of container: Container, on state: ContainerState) throws {
        guard case .networks = container.configuration.connection.mode else { return }
        try disconnect(container)
        let exposed = try imageConfiguration(of: state.base).exposedPorts
        let wishes = try endpoints(of: container)
        let networks = try wishes.map { try networkToConnect($0.network) }
        for network in networks { try releaseDead(in: network.name) }
        try withNetworkLock(.ports) {
            let ports = try choosePorts(for: container, exposed: exposed)
            let attachments = try plan(container, Array(zip(networks, wishes)), publishing: ports)
            do { for attachment in attachments { try write(attachment) } } catch {
                disconnectOrWarn(container)
                throw error
            }
        }
    }

    private func plan(
        _ container: Container, _ wishes: [(network: Network, wish: Endpoint)], publishing ports: [PublishedPort]
    ) throws -> [Attachment] {
        let outward = wishes.first { !$0.network.isInternal }?.network
        let published = wishes.first { $0.network.canPublish }?.network
        if let port = ports.first, published == nil {
            throw EngineError.refused(
                "publish port", subject: "\(port.port)",
                reason: wishes.isEmpty
                    ? "the container is on no network" : "none of the container's networks leads to the host's ports")
        }
        return try wishes.enumerated().map { number, wish in
            var attachment = Attachment(
                of: container, to: wish.network, as: wish.wish, interface: "eth\(number)")
            attachment.hasDefaultRoute = wish.network == outward
            if wish.network == published { attachment.ports = ports }
            try check(attachment, to: wish.network)
            return attachment
        }
    }

    /// Connects the container's network namespace, which exists by now, as planned. Where that fails, the caller
    /// disconnects.
    /// - Parameter namespace: its path.
    fileprivate func connect(_ container: Container, to namespace: String) throws {
        let attachments = try attachments(ofID: container.id)
        for attachment in attachments { try establish(attachment, in: namespace) }
        try updateNames(in: attachments.map(\.network))
    }

    /// Refuses what can't be connected.
    func check(_ attachment: Attachment, to network: Network) throws {
        if let address = attachment.wish.address {
            guard network.subnet.contains(address), address != network.subnet.first, address != network.subnet.last
            else {
                throw EngineError.refused(
                    "connect network", subject: network.name, reason: "\(address) is no host of \(network.subnet)")
            }
        }
        for plugin in network.pluginList(for: attachment, leases: "").flatMap(\.pluginNames)
        where plugins.path(of: plugin) == nil {
            throw EngineError.missingPlugin(plugin, directories: plugins.directories)
        }
    }

    /// Has the plugins connect one, and writes down what they say. The first container of a network brings it up, and whoever
    /// finds that the host has lost rules of it puts them in again.
    func establish(_ attachment: Attachment, in namespace: String) throws {
        let network = try network(attachment.network)
        let isDone = try withSharedNetworkLock {
            guard network.isUp, try network.hasRules() else { return false }
            try add(attachment, to: network, in: namespace)
            return true
        }
        if isDone { return }
        try withNetworkLock(.networks) {
            if network.isUp { try restoreRules(of: network) } else { try bringUp(network) }
            try add(attachment, to: network, in: namespace)
        }
    }

    /// Puts rules in that the host has lost. The caller has ``NetworkLock/networks``.
    func restoreRules(of network: Network) throws {
        if try !network.hasRules() { try PacketFilter(network)?.install() }
    }

    private func add(_ attachment: Attachment, to network: Network, in namespace: String) throws {
        var attachment = attachment
        let files = files(ofNetwork: network.name)
        attachment.result = try withPlugins(for: attachment) {
            try $0.add(network.pluginList(for: attachment, leases: files.leases), in: namespace)
        }
        try write(attachment)
        if let bridge = network.bridge { try NetworkLinks.disableIPv6(bridge) }
    }

    /// Runs `body` when no plugin is at work on the connection any more: one may be although whoever started it was killed.
    func withPlugins<Result>(for attachment: Attachment, _ body: (PluginRun) throws -> Result) throws -> Result {
        let lock = try FileLock.acquire(files(ofNetwork: attachment.network).memberLock(attachment.containerID))
        let run = PluginRun(
            plugins: plugins, network: attachment.network, containerID: attachment.containerID,
            interface: attachment.interface, lock: lock.raw)
        return try withExtendedLifetime(lock) { try body(run) }
    }

    /// Puts the rules in that have to be there before the bridge, which the plugin makes.
    private func bringUp(_ network: Network) throws {
        try requireStillFree(network)
        if try members(of: network.name).allSatisfy({ $0.result == nil }) {
            // Nobody has an address: what is written down was cut short by the machine's end.
            let leases = files(ofNetwork: network.name).leases
            try Files.removeAll(KernelPath(leases))
            try Files.makeDirectory(KernelPath(leases), mode: 0o700)
        }
        try PacketFilter(network)?.install()
    }
}

/// A container's connection at its start, in the moment when it has its namespaces and does not run yet.
final class Connection {
    /// For the runtime; nil where nothing is to be done, so that it need not wait.
    private(set) var prepared: ((Int32) throws -> Void)?
    /// What kept it from being connected, of which the runtime has only the text.
    private(set) var failure: (any Error)?

    init(of container: Container, in repository: Repository) {
        guard case .networks = container.configuration.connection.mode else { return }
        prepared = { [weak self] pid in
            do { try repository.connect(container, to: "/proc/\(pid)/ns/net") } catch {
                self?.failure = error
                throw error
            }
        }
    }
}

extension Network {
    /// Whether what all its containers share is there. A network without a bridge has nothing of that kind.
    var isUp: Bool { bridge.map { NetworkLinks.exists($0) } ?? true }

    /// Whether the host's packet filter has all that keeps the network apart.
    func hasRules() throws -> Bool { try PacketFilter(self)?.isInstalled() ?? true }

    /// Whether ports of the host's can lead to it.
    var canPublish: Bool { driver == .bridge && !isInternal }
}

extension JSON {
    /// A plugin's configuration names it and the one that it has its addresses from.
    fileprivate var pluginNames: [String] {
        [self["type"]?.string, self["ipam"]?["type"]?.string].compactMap { $0 }
    }
}
