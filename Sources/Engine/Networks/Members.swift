import Linux
import Model

/// Who is connected: `networks/<name>/members/` (docs/networks.md).
extension Repository {
    /// What containers have of a network, sorted by their ids. Of a container that is being started, or was killed, it
    /// may not be there in fact.
    public func members(of network: String) throws -> [Attachment] {
        let directory: Descriptor
        do throws(SystemError) {
            directory = try Files.openDirectory(KernelPath(files(ofNetwork: network).members))
        } catch {
            if error.errno == .noEntry { return [] }
            throw error
        }
        return try Files.names(in: directory).compactMap(\.string).filter { $0.hasSuffix(".json") }.sorted()
            .compactMap { try member(String($0.dropLast(5)), of: network) }
    }

    /// What a running container has of all networks, sorted by the devices' names; nothing for others, whatever a killed one
    /// left on record.
    public func attachments(of container: Container) throws -> [Attachment] {
        let attachments = try attachments(ofID: container.id)
        return try attachments.isEmpty || !isRunning(container) ? [] : attachments
    }

    /// The ports that a container publishes now, sorted by its own.
    public func publishedPorts(of container: Container) throws -> [PublishedPort] {
        try attachments(of: container).flatMap(\.ports).sorted {
            ($0.port.number, $0.port.transport.rawValue, $0.hostPort)
                < ($1.port.number, $1.port.transport.rawValue, $1.hostPort)
        }
    }

    func attachments(ofID id: String) throws -> [Attachment] {
        try networkNames().compactMap { try member(id, of: $0) }.sorted { $0.interface < $1.interface }
    }

    private func member(_ id: String, of network: String) throws -> Attachment? {
        let path = files(ofNetwork: network).member(id)
        guard let bytes = try Files.contentsIfPresent(path) else { return nil }
        if let json = try? JSON(parsing: bytes), let attachment = Attachment(json: json),
            attachment.network == network, attachment.containerID == id
        {
            return attachment
        }
        return Attachment(ofID: id, to: network)
    }

    func write(_ attachment: Attachment) throws {
        let path = files(ofNetwork: attachment.network).member(attachment.containerID)
        // In a power cut the kernel forgets what this is about, and the addresses are free when the network comes up again.
        try Files.replace(path, with: attachment.json.serialized(), isDurable: false)
    }

    /// Lets others find a container by its new name. The caller has the container's lock.
    func renameInNetworks(_ container: Container, from old: String) throws {
        let attachments = try attachments(ofID: container.id)
        for var attachment in attachments {
            attachment.names = attachment.names.map { $0 == old ? container.name : $0 }
            try write(attachment)
        }
        if !attachments.isEmpty { try updateNames(in: attachments.map(\.network)) }
    }

    func forget(_ attachment: Attachment) throws {
        let files = files(ofNetwork: attachment.network)
        for path in [files.member(attachment.containerID), files.memberLock(attachment.containerID)] {
            try Files.discard(KernelPath(path))
        }
    }
}
