import Glibc
import Linux
import Model

/// What a new network is to be like; what is nil is chosen.
public struct NetworkRequest: Sendable {
    public var name: String
    public var driver = Network.Driver.bridge
    public var subnet: IPv4Subnet?
    public var gateway: IPv4Address?
    public var range: IPv4Subnet?
    public var isInternal = false
    public var options: [Label] = []
    public var labels: [Label] = []

    public init(name: String) { self.name = name }
}

extension Repository {
    /// Makes a network. Nothing of the host changes before the first container is connected.
    public func createNetwork(_ request: NetworkRequest) throws -> Network {
        try withNetworkLock(.networks) { try makeNetwork(request) }
    }

    /// The network of this name, which for the default one is made where it is missing.
    func networkToConnect(_ name: String) throws -> Network {
        if let network = try networkIfPresent(name) { return network }
        guard name == Network.defaultName else { return try network(name) }
        return try withNetworkLock(.networks) {
            try networkIfPresent(name) ?? makeNetwork(NetworkRequest(name: name))
        }
    }

    /// The caller has ``NetworkLock/networks``.
    private func makeNetwork(_ request: NetworkRequest) throws -> Network {
        guard Self.isContainerName(request.name), !["none", "host", "default"].contains(request.name) else {
            throw EngineError.refused(
                "create network", subject: request.name,
                reason: "a network's name is a letter or digit, then letters, digits, '_', '.' and '-', at most 128, "
                    + "and none of 'none', 'host' and 'default'")
        }
        if try networkIfPresent(request.name) != nil { throw EngineError.networkNameTaken(request.name) }
        try request.checkOptions()
        let subnet = try request.subnet ?? chosenSubnet(for: request)
        if request.subnet != nil { try requireFree(subnet, for: request) }
        let network = Network(
            name: request.name, id: Self.randomHex(32), driver: request.driver, subnet: subnet,
            gateway: request.gateway ?? IPv4Address(subnet.first.number + 1), range: request.range,
            isInternal: request.isInternal, options: [].merging(request.options),
            labels: [].merging(request.labels), created: Moment.now())
        try network.checkAddresses()
        let fresh = files(ofNetwork: ".new")
        try Files.removeAll(KernelPath(fresh.directory))
        for directory in [fresh.directory, fresh.members, fresh.leases] {
            try Files.makeDirectory(KernelPath(directory), mode: 0o700)
        }
        try Files.replace(fresh.configuration, with: network.json.serialized())
        try Files.rename(
            KernelPath(fresh.directory), to: KernelPath(files(ofNetwork: network.name).directory),
            flags: Files.noReplace)
        try Files.openDirectory(KernelPath("\(root)/networks")).synchronize()
        record(.create, of: network)
        return network
    }
}

extension NetworkRequest {
    fileprivate func refuse(_ subject: String, _ reason: String) -> EngineError {
        .refused("create network", subject: subject, reason: reason)
    }

    fileprivate func checkOptions() throws {
        for setting in options {
            guard let option = Network.Option(rawValue: setting.name) else {
                throw refuse("--opt \(setting.name)", "there is no such option")
            }
            guard option.drivers.contains(driver) else {
                throw refuse("--opt \(setting.name)", "networks of the driver \(driver.rawValue) have no such option")
            }
            if let complaint = option.complaint(about: setting.value) {
                throw refuse("--opt \(setting.name)=\(setting.value)", complaint)
            }
            if option == .parent, !NetworkLinks.exists(setting.value) {
                throw refuse("--opt \(setting.name)=\(setting.value)", "the host has no such device")
            }
            if option == .bridgeName, NetworkLinks.exists(setting.value) {
                throw refuse("--opt \(setting.name)=\(setting.value)", "the host has such a device already")
            }
        }
        if subnet == nil {
            if let gateway { throw refuse("--gateway \(gateway)", "it takes a --subnet") }
            if let range { throw refuse("--ip-range \(range)", "it takes a --subnet") }
            if driver != .bridge {
                throw refuse(name, "the driver \(driver.rawValue) takes the --subnet of its parent")
            }
        }
    }
}

extension Network {
    fileprivate func checkAddresses() throws {
        func refuse(_ subject: String, _ reason: String) -> EngineError {
            .refused("create network", subject: subject, reason: reason)
        }
        guard (8...29).contains(subnet.prefix) else {
            throw refuse("--subnet \(subnet)", "its prefix is 8 to 29")
        }
        guard subnet.contains(gateway), gateway != subnet.first, gateway != subnet.last else {
            throw refuse("--gateway \(gateway)", "it is no host of \(subnet)")
        }
        if let range, !subnet.contains(range) { throw refuse("--ip-range \(range)", "it is not in \(subnet)") }
    }
}
