import Model

/// A port of a container.
public struct ContainerPort: Sendable, Hashable, CustomStringConvertible {
    public enum Transport: String, Sendable, CaseIterable {
        case tcp, udp, sctp
    }

    /// 1 to 65535.
    public let number: UInt16
    public let transport: Transport

    public init(_ number: UInt16, _ transport: Transport = .tcp) {
        self.number = number
        self.transport = transport
    }

    /// `80`, or `53/udp`.
    public init?(parsing text: some StringProtocol) {
        guard let ports = PortRange(parsing: text), ports.numbers.count == 1 else { return nil }
        self.init(ports.numbers.lowerBound, ports.transport)
    }

    public var description: String { "\(number)/\(transport.rawValue)" }
}

/// Ports of a container, one behind the other: `80`, `8000-8010/udp`.
public struct PortRange: Sendable, Hashable {
    public let numbers: ClosedRange<UInt16>
    public let transport: ContainerPort.Transport

    public init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let numbers = Self.numbers(parts[0]) else { return nil }
        let name = parts.count == 2 ? parts[1].lowercased() : "tcp"
        guard let transport = ContainerPort.Transport(rawValue: name) else { return nil }
        self.numbers = numbers
        self.transport = transport
    }

    /// `N` or `N-M`, neither of them 0.
    static func numbers(_ text: some StringProtocol) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], 0 < first, first <= last else {
            return nil
        }
        return first...last
    }

    public var ports: [ContainerPort] { numbers.map { ContainerPort($0, transport) } }
}

/// A port of a container's that is to be reached by one of the host's.
public struct PortRequest: Sendable, Hashable {
    /// Of the host; nil for all of them.
    public let hostAddress: IPv4Address?
    /// Of which one is chosen at each start; nil for any free one.
    public let hostPorts: ClosedRange<UInt16>?
    public let port: ContainerPort

    public init(hostAddress: IPv4Address? = nil, hostPorts: ClosedRange<UInt16>? = nil, port: ContainerPort) {
        self.hostAddress = hostAddress
        self.hostPorts = hostPorts
        self.port = port
    }

    /// Docker's `[[ADDRESS:][HOSTPORT[-LAST]]:]PORT[-LAST][/tcp|udp|sctp]`: one request for each of the container's ports.
    /// 0 as the host's port stands for any. Nil where it can't be meant.
    public static func parse(_ text: String) -> [PortRequest]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3, let range = PortRange(parsing: parts[parts.count - 1]) else { return nil }
        var address: IPv4Address?
        if parts.count == 3 {
            guard let parsed = IPv4Address(parsing: parts[0]) else { return nil }
            address = parsed.number == 0 ? nil : parsed
        }
        let hostText = parts.count == 1 ? "" : parts[parts.count - 2]
        if hostText.isEmpty || hostText == "0" {
            return range.ports.map { PortRequest(hostAddress: address, port: $0) }
        }
        guard let host = PortRange.numbers(hostText) else { return nil }
        if range.numbers.count == 1 {
            return [PortRequest(hostAddress: address, hostPorts: host, port: range.ports[0])]
        }
        guard host.count == range.numbers.count else { return nil }
        return zip(host, range.ports).map { PortRequest(hostAddress: address, hostPorts: $0...$0, port: $1) }
    }

    var json: JSON {
        [
            "address": hostAddress.map { .string("\($0)") } ?? .null,
            "hostPorts": hostPorts.map { [.integer($0.lowerBound), .integer($0.upperBound)] } ?? .null,
            "port": .string("\(port)"),
        ]
    }

    init?(json: JSON) {
        guard let port = json["port"]?.string.flatMap({ ContainerPort(parsing: $0) }) else { return nil }
        self.port = port
        hostAddress = json["address"]?.string.flatMap { IPv4Address(parsing: $0) }
        if let ends = json["hostPorts"]?.array {
            let numbers = ends.compactMap { $0.integer.flatMap { UInt16(exactly: $0) } }
            guard numbers.count == 2, numbers[0] <= numbers[1] else { return nil }
            hostPorts = numbers[0]...numbers[1]
        } else {
            hostPorts = nil
        }
    }
}

/// A port of a running container's, and the one of the host's by which it is reached.
public struct PublishedPort: Sendable, Hashable {
    /// Nil for all of the host's addresses.
    public let hostAddress: IPv4Address?
    public let hostPort: UInt16
    public let port: ContainerPort

    /// `0.0.0.0:8080`.
    public var host: String { "\(hostAddress ?? IPv4Address(0)):\(hostPort)" }

    func collides(with other: PublishedPort) -> Bool {
        hostPort == other.hostPort && port.transport == other.port.transport
            && (hostAddress == nil || other.hostAddress == nil || hostAddress == other.hostAddress)
    }

    init(hostAddress: IPv4Address?, hostPort: UInt16, port: ContainerPort) {
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.port = port
    }

    public var json: JSON {
        [
            "address": hostAddress.map { .string("\($0)") } ?? .null, "hostPort": .integer(hostPort),
            "port": .string("\(port)"),
        ]
    }

    init?(json: JSON) {
        guard let hostPort = json["hostPort"]?.integer.flatMap({ UInt16(exactly: $0) }),
            let port = json["port"]?.string.flatMap({ ContainerPort(parsing: $0) })
        else { return nil }
        self.init(
            hostAddress: json["address"]?.string.flatMap { IPv4Address(parsing: $0) }, hostPort: hostPort, port: port)
    }
}
