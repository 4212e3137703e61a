import ArgumentParser
import Engine
import Model

struct NetworkCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a network.",
        discussion: """
            Prints the network's id.

            Options of --opt: com.docker.network.driver.mtu; for bridge com.docker.network.bridge.name and \
            com.docker.network.bridge.enable_ip_masquerade; for macvlan and ipvlan parent, and macvlan_mode or ipvlan_mode.

            Examples:
              varve network create web
              varve network create --subnet 10.20.0.0/24 --internal --label team=db inside
            """)

    @OptionGroup var options: GlobalOptions
    @Option(name: .joined("d"), help: "How containers are tied to it: bridge, macvlan or ipvlan.") var driver =
        "bridge"
    @Option(help: "Its addresses, such as 10.20.0.0/24 (default: any that are free).") var subnet: String?
    @Option(help: "The host's address in it (default: the first).") var gateway: String?
    @Option(help: "The part of the subnet that containers get addresses of.") var ipRange: String?
    @Flag(name: .customLong("internal"), help: "Nothing is reached from it but its containers and the host.")
    var isInternal = false
    @Option(
        name: [.customShort("o", allowingJoined: true), .customLong("opt")],
        help: "An option of the driver: NAME=VALUE.") var opt: [String] = []
    @Option(help: "A label: NAME=VALUE, or NAME.") var label: [String] = []
    @Argument(help: "The network's name.") var name: String

    func run() throws {
        let network = try options.repository().createNetwork(try request())
        let output = Output(options)
        output.line(network.id)
        output.finish()
    }

    private func request() throws -> NetworkRequest {
        var request = NetworkRequest(name: name)
        request.driver = try Network.Driver(rawValue: driver).required(
            refusal("--driver \(driver)", "it takes bridge, macvlan or ipvlan"))
        request.subnet = try subnet.map { try block($0, of: "--subnet") }
        request.range = try ipRange.map { try block($0, of: "--ip-range") }
        request.gateway = try gateway.map {
            try IPv4Address(parsing: $0).required(refusal("--gateway \($0)", "it takes an IPv4 address"))
        }
        request.isInternal = isInternal
        request.options = try opt.map { try Label(parsing: $0).required(refusal("--opt \($0)", "it takes NAME=VALUE")) }
        request.labels = try label.map { try Label(parsing: $0).required(refusal("--label \($0)", "it has no name")) }
        return request
    }

    private func block(_ text: String, of flag: String) throws -> IPv4Subnet {
        if let subnet = IPv4Subnet(parsing: text) { return subnet }
        if let (address, prefix) = IPv4Subnet.split(text), let around = IPv4Subnet(around: address, prefix: prefix) {
            throw refusal("\(flag) \(text)", "\(address) is inside the subnet", hint: "did you mean \(around)?")
        }
        throw refusal("\(flag) \(text)", "it takes IPv4 addresses such as 10.20.0.0/24")
    }

    private func refusal(_ subject: String, _ reason: String, hint: String? = nil) -> UsageError {
        UsageError("network create: \(subject): \(reason)", hints: hint.map { [$0] } ?? [])
    }
}
