import Linux
import Model

extension Repository {
    /// Removes networks that no container is connected to.
    /// - Parameters:
    ///   - isMeant: whether one is to be looked at.
    ///   - removed: called for each when it is removed.
    /// - Throws: the first failure, when all have been tried.
    public func pruneNetworks(where isMeant: (Network) -> Bool, removed: (Network) -> Void) throws {
        var first: (any Error)?
        for network in try networks() where isMeant(network) {
            do {
                try removeNetwork(network)
                removed(network)
            } catch EngineError.networkInUse {
                continue
            } catch { first = first ?? error }
        }
        if let first { throw first }
    }

    /// Removes a network that no container is connected to, and what it has of the host.
    public func removeNetwork(_ network: Network) throws {
        try releaseDead(in: network.name)
        try withNetworkLock(.networks) {
            try requireSame(network)
            let files = files(ofNetwork: network.name)
            let members = try members(of: network.name)
            guard members.isEmpty else {
                throw EngineError.networkInUse(
                    network.name, containers: members.map { $0.names.first ?? $0.containerID })
            }
            try takeDown(network)
            // Out of sight in one step: a network is there as long as its directory is.
            let removed = self.files(ofNetwork: ".removed").directory
            try Files.removeAll(KernelPath(removed))
            try Files.rename(KernelPath(files.directory), to: KernelPath(removed))
            try Files.removeAll(KernelPath(removed))
        }
        record(.destroy, of: network)
    }

    /// Refuses a network that is gone, also where another one has its name by now. The caller has ``NetworkLock/networks``, also
    /// shared.
    func requireSame(_ network: Network) throws {
        guard try networkIfPresent(network.name)?.id == network.id else {
            throw EngineError.unknownNetwork(network.name, near: [])
        }
    }

    /// Disconnects what was killed together with whoever watched it, so that its addresses, ports and names are free.
    func releaseDead(in network: String) throws {
        for member in try members(of: network) {
            let running: FileLock?
            do throws(SystemError) { running = try FileLock.acquireIfFree(files(of: member.containerID).running) } catch
            {
                // The container's directory is gone.
                guard error.errno == .noEntry else { throw error }
                try disconnect(member, from: nil)
                continue
            }
            // Nobody starts it meanwhile.
            if let running { try withExtendedLifetime(running) { try disconnect(member, from: nil) } }
        }
    }

    /// Takes away what a network has of the host: its bridge first, so that who finds one knows the rules to be there.
    /// The caller has ``NetworkLock/networks``.
    func takeDown(_ network: Network) throws {
        guard let bridge = network.bridge, let filter = PacketFilter(network) else { return }
        try NetworkLinks.delete(bridge)
        try filter.remove()
    }
}
