import Linux
import Model

extension Repository {
    /// All containers that run, sorted by name.
    public func runningContainers() throws -> [Container] {
        try containers().filter { container in
            if case .running = try state(of: container).status { true } else { false }
        }.sorted { $0.name < $1.name }
    }

    /// Puts in again what the host's packet filter has lost of a running container's networks and published ports.
    public func reloadNetworks(of container: Container) throws {
        try withLock(container) {
            guard let namespace = try namespace(of: container) else {
                throw EngineError.containerNotRunning(container.name)
            }
            for attachment in try attachments(ofID: container.id) {
                let network = try network(attachment.network)
                try withNetworkLock(.networks) { try restoreRules(of: network) }
                let list = network.pluginList(for: attachment, leases: files(ofNetwork: network.name).leases)
                try withPlugins(for: attachment) { try $0.addAgain(list, in: namespace, result: attachment.result) }
            }
        }
    }
}
