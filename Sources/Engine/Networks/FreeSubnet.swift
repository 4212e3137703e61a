import Linux
import Model

extension Repository {
    /// A subnet for a network that names none: of 1,024 addresses, as many as a bridge takes ports, somewhere in
    /// 10.128.0.0/9. Where one starts to look is left to chance, so that the networks of several repositories differ, also
    /// those that are not in use now.
    func chosenSubnet(for request: NetworkRequest) throws -> IPv4Subnet {
        let taken = try takenSubnets()
        let (base, count, prefix) = (UInt32(10 << 24 | 128 << 16), UInt32(1 << 13), 22)
        let start = UInt32.random(in: 0..<count)
        for offset in 0..<count {
            let first = IPv4Address(base + ((start + offset) % count) << UInt32(32 - prefix))
            if let subnet = IPv4Subnet(first, prefix: prefix), !taken.contains(where: { $0.subnet.overlaps(subnet) }) {
                return subnet
            }
        }
        throw EngineError.refused(
            "create network", subject: request.name, reason: "no subnet of 10.128.0.0/9 is free; name one with --subnet"
        )
    }

    /// Refuses a subnet whose addresses are somebody else's.
    func requireFree(_ subnet: IPv4Subnet, for request: NetworkRequest) throws {
        // macvlan and ipvlan share the subnet of their parent device.
        let isOwn = request.driver == .bridge
        for (other, owner) in try takenSubnets() where other.overlaps(subnet) && (isOwn || owner.isNetwork) {
            throw EngineError.refused(
                "create network", subject: "--subnet \(subnet)", reason: "it overlaps with \(other) of \(owner)")
        }
    }

    /// Refuses to bring up a network whose subnet the host has come to use otherwise.
    func requireStillFree(_ network: Network) throws {
        guard network.driver == .bridge else { return }
        for (other, owner) in try Self.hostSubnets() where other.overlaps(network.subnet) {
            throw EngineError.networkCollides(network.name, subnet: network.subnet, with: "\(other) of \(owner)")
        }
    }

    private func takenSubnets() throws -> [(subnet: IPv4Subnet, owner: SubnetOwner)] {
        try networks().map { ($0.subnet, .network($0.name)) } + Self.hostSubnets()
    }

    /// What the host reaches otherwise than by its default route, and its name servers, which it may reach by that.
    private static func hostSubnets() throws -> [(subnet: IPv4Subnet, owner: SubnetOwner)] {
        let table = try Files.contentsIfPresent("/proc/self/net/route") ?? []
        let routes = String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst().compactMap(route)
        let servers = try Resolvers.host().nameServers.compactMap { IPv4Address(parsing: $0) }
            .compactMap { IPv4Subnet($0, prefix: 32) }
        return routes + servers.map { ($0, .nameServer) }
    }

    /// A line of /proc/net/route: the device, then destination, gateway, flags, …, mask, in hexadecimal of the machine's
    /// byte order.
    private static func route(_ line: Substring) -> (subnet: IPv4Subnet, owner: SubnetOwner)? {
        let fields = line.split(separator: "\t")
        guard fields.count > 7, let destination = UInt32(fields[1], radix: 16),
            let mask = UInt32(fields[7], radix: 16), mask != 0,
            let subnet = IPv4Subnet(
                IPv4Address(UInt32(bigEndian: destination)), prefix: mask.nonzeroBitCount)
        else { return nil }
        return (subnet, .device(String(fields[0])))
    }
}

/// Whose a subnet is.
enum SubnetOwner: CustomStringConvertible {
    case network(String)
    case device(String)
    case nameServer

    var isNetwork: Bool {
        if case .network = self { true } else { false }
    }

    var description: String {
        switch self {
        case .network(let name): "the network \(name)"
        case .device(let name): "the host's device \(name)"
        case .nameServer: "the host's name server"
        }
    }
}
