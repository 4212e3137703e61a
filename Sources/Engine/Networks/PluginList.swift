import Model

extension Network {
    /// The plugins' configurations for one attachment to the network, in the order of adding.
    /// - Parameter leases: the directory in which host-local writes down the addresses that are taken.
    func pluginList(for attachment: Attachment, leases: String) -> [JSON] {
        var wishes: [JSON.Member] = []
        if let hardwareAddress = attachment.wish.hardwareAddress {
            wishes.append(.init("mac", .string(hardwareAddress)))
        }
        if let address = attachment.wish.address { wishes.append(.init("ips", [.string("\(address)")])) }
        var device = deviceConfiguration.setting("ipam", to: addressing(of: attachment, leases: leases))
            .setting("runtimeConfig", to: .object(wishes))
        if let mtu = option(.mtu) { device = device.setting("mtu", to: .number(mtu)) }
        guard !attachment.ports.isEmpty else { return [device] }
        return [
            device,
            [
                "type": "portmap", "snat": true,
                "runtimeConfig": ["portMappings": .array(attachment.ports.map(\.pluginForm))],
            ],
        ]
    }

    private var deviceConfiguration: JSON {
        switch driver {
        case .bridge:
            // Masquerading is not left to the plugin: it takes the rules away only as long as the namespace is there.
            ["type": "bridge", "bridge": .string(bridge ?? ""), "isGateway": true, "hairpinMode": true]
        case .macvlan, .ipvlan:
            JSON.object([
                .init("type", .string(driver.rawValue)),
                .init("mode", .string(option(driver == .macvlan ? .macvlanMode : .ipvlanMode) ?? defaultMode)),
            ])
            .setting("master", to: option(.parent).map { .string($0) })
        }
    }

    private var defaultMode: String { driver == .macvlan ? "bridge" : "l2" }

    private func addressing(of attachment: Attachment, leases: String) -> JSON {
        let block: JSON = JSON.object([
            .init("subnet", .string("\(subnet)")), .init("gateway", .string("\(gateway)")),
        ])
        .setting("rangeStart", to: range.map { .string("\(max($0.first, firstUsable))") })
        .setting("rangeEnd", to: range.map { .string("\(min($0.last, lastUsable))") })
        return [
            "type": "host-local", "dataDir": .string(leases), "ranges": [[block]],
            "routes": attachment.hasDefaultRoute ? [["dst": "0.0.0.0/0"]] : [],
        ]
    }

    private var firstUsable: IPv4Address { IPv4Address(subnet.first.number + 1) }
    private var lastUsable: IPv4Address { IPv4Address(subnet.last.number - 1) }
}

extension PublishedPort {
    /// As the plugin portmap takes it.
    fileprivate var pluginForm: JSON {
        JSON.object([
            .init("hostPort", .integer(hostPort)), .init("containerPort", .integer(port.number)),
            .init("protocol", .string(port.transport.rawValue)),
        ])
        .setting("hostIP", to: hostAddress.map { .string("\($0)") })
    }
}
