import Linux
import Model

extension Repository {
    /// Takes away all that a container has of networks: addresses, devices, published ports, names. Its namespace may be
    /// gone, and doing it again does no harm, so this is also for who finds a container that was killed together with
    /// whoever watched it. Where something fails, the rest is taken away all the same, and the failure is thrown; that a plugin
    /// fails is only told (``warned``), since then a container could never be removed.
    func disconnect(_ container: Container) throws {
        var first: (any Error)?
        for attachment in try attachments(ofID: container.id) {
            do { try disconnect(attachment, from: nil) } catch { first = first ?? error }
        }
        if let first { throw first }
    }

    /// As ``disconnect(_:)``, where something else is at hand that must not fail for it.
    func disconnectOrWarn(_ container: Container) {
        do { try disconnect(container) } catch { warn(error, container.name) }
    }

    /// Tells of a failure to disconnect that must not hide another.
    func warn(_ failure: any Error, _ container: String) {
        warned("disconnect networks: \(container): \(worded(failure))")
    }

    /// - Parameter namespace: the path of the container's network namespace; nil where it is gone, or is going.
    func disconnect(_ attachment: Attachment, from namespace: String?) throws {
        let network = try networkIfPresent(attachment.network)
        try withSharedNetworkLock {
            if let network {
                let list = network.pluginList(for: attachment, leases: files(ofNetwork: network.name).leases)
                do {
                    try withPlugins(for: attachment) {
                        try $0.delete(list, in: namespace, result: attachment.result)
                    }
                } catch {
                    warn(error, attachment.names.first ?? attachment.containerID)
                    try releaseAddress(of: attachment, list)
                    try deleteDevice(of: attachment, in: namespace)
                }
            }
            // The kernel takes it away with the namespace, some time after the last process of that.
            if let device = attachment.hostDevice { try NetworkLinks.delete(device) }
            try forget(attachment)
        }
        guard let network else { return }
        try updateNames(in: [network.name])
        if try members(of: network.name).isEmpty {
            try withNetworkLock(.networks) {
                if try members(of: network.name).isEmpty { try takeDown(network) }
            }
        }
    }

    /// Gives the address back where the plugin of the device failed, before it came to that or because it is missing.
    private func releaseAddress(of attachment: Attachment, _ list: [JSON]) throws {
        do {
            try withPlugins(for: attachment) { try $0.releaseAddress(list, result: attachment.result) }
        } catch {
            try Leases(directory: "\(files(ofNetwork: attachment.network).leases)/\(attachment.network)")
                .release(attachment)
        }
    }

    private func deleteDevice(of attachment: Attachment, in namespace: String?) throws {
        guard let namespace else { return }
        let device = attachment.interface
        try NetworkNamespace.within(namespace) { () throws(SystemError) in try NetworkLinks.delete(device) }
    }
}
