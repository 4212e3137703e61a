import Glibc
import Linux
import Model

extension Repository {
    /// The host's ports for what a container publishes, each of them free now. The caller has ``NetworkLock/ports``, so
    /// that no other container of this repository gets the same one before these are written down.
    func choosePorts(for container: Container, exposed: [ContainerPort]) throws -> [PublishedPort] {
        let options = container.configuration.connection
        var requests = options.ports
        if options.publishesAll {
            let asked = Set(requests.map(\.port))
            let all = Set(options.exposed + exposed).subtracting(asked)
            requests += all.sorted { ($0.number, $0.transport.rawValue) < ($1.number, $1.transport.rawValue) }
                .map { PortRequest(port: $0) }
        }
        if requests.isEmpty { return [] }
        var taken = try otherPublishedPorts(than: container)
        return try requests.map { request in
            let port = try choose(request, besides: taken, for: container)
            taken.append((port, container.name))
            return port
        }
    }

    private func otherPublishedPorts(than container: Container) throws -> [(port: PublishedPort, owner: String)] {
        try networkNames().flatMap { try members(of: $0) }.filter { $0.containerID != container.id }
            .flatMap { member in member.ports.map { ($0, member.names.first ?? member.containerID) } }
    }

    private func choose(
        _ request: PortRequest, besides taken: [(port: PublishedPort, owner: String)], for container: Container
    ) throws -> PublishedPort {
        guard let wanted = request.hostPorts else { return try chooseAny(request, besides: taken) }
        var owner: String?
        for number in wanted {
            let port = PublishedPort(hostAddress: request.hostAddress, hostPort: number, port: request.port)
            if let other = taken.first(where: { $0.port.collides(with: port) }) {
                owner = owner ?? "container \(other.owner)"
            } else if try Self.isFree(port) {
                return port
            }
        }
        let host = "\(request.hostAddress ?? IPv4Address(0))"
        let text = wanted.count == 1 ? "\(wanted.lowerBound)" : "\(wanted.lowerBound)-\(wanted.upperBound)"
        throw EngineError.portTaken("\(host):\(text)/\(request.port.transport.rawValue)", by: owner)
    }

    private func chooseAny(
        _ request: PortRequest, besides taken: [(port: PublishedPort, owner: String)]
    ) throws -> PublishedPort {
        // The kernel chooses by chance, and knows nothing of what is only translated.
        for _ in 0..<1000 {
            guard let number = try Self.free(0, request) else { break }
            let port = PublishedPort(hostAddress: request.hostAddress, hostPort: number, port: request.port)
            if !taken.contains(where: { $0.port.collides(with: port) }) { return port }
        }
        throw EngineError.portTaken(
            "\(request.hostAddress ?? IPv4Address(0)):any/\(request.port.transport.rawValue)", by: nil)
    }

    private static func isFree(_ port: PublishedPort) throws -> Bool {
        try free(port.hostPort, PortRequest(hostAddress: port.hostAddress, port: port.port)) != nil
    }

    private static func free(_ number: UInt16, _ request: PortRequest) throws -> UInt16? {
        let transport: Int32 =
            switch request.port.transport {
            case .tcp: Int32(IPPROTO_TCP)
            case .udp: Int32(IPPROTO_UDP)
            case .sctp: Int32(IPPROTO_SCTP)
            }
        do throws(SystemError) {
            return try HostPorts.free(number, at: request.hostAddress?.number ?? 0, transport: transport)
        } catch {
            let host = "\(request.hostAddress ?? IPv4Address(0)):\(number)/\(request.port.transport.rawValue)"
            throw EngineError.refused("publish port", subject: host, reason: error.cause)
        }
    }
}
