import ArgumentParser
import Engine
import Model

struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Make, list and remove networks, and connect containers to them.",
        discussion: """
            Examples:
              varve network create web
              varve run --network web --name db debian:12 true
            """,
        subcommands: [
            NetworkCreateCommand.self, NetworkLsCommand.self, NetworkInspectCommand.self, NetworkConnectCommand.self,
            NetworkDisconnectCommand.self, NetworkRmCommand.self, NetworkPruneCommand.self,
        ])
}

struct NetworkConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Connect a container to one more network, now and at each start.",
        discussion: "Example:\n  varve network connect --alias database web work")

    @OptionGroup var options: GlobalOptions
    @Option(help: "A further name of the container on the network.") var alias: [String] = []
    @Option(help: "The container's IPv4 address there.") var ip: String?
    @Argument(help: "The network.") var network: String
    @Argument(help: "The container.") var container: String

    func run() throws {
        let repository = try options.repository()
        var endpoint = Endpoint(network, aliases: alias)
        if let ip {
            guard let address = IPv4Address(parsing: ip) else {
                throw UsageError("network connect: --ip \(ip): it takes an IPv4 address")
            }
            endpoint.address = address
        }
        try repository.connect(try repository.container(container), to: endpoint)
    }
}

struct NetworkDisconnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disconnect", abstract: "Disconnect a container from a network, now and at each start.",
        discussion: "Example:\n  varve network disconnect web work")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The network.") var network: String
    @Argument(help: "The container.") var container: String

    func run() throws {
        let repository = try options.repository()
        try repository.disconnect(try repository.container(container), from: try repository.network(network))
    }
}

struct NetworkRmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove networks that no container is connected to.",
        discussion: "Example:\n  varve network rm web")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The networks.") var networks: [String]

    func run() throws {
        let repository = try options.repository()
        guard !networks.isEmpty else { throw UsageError("network rm: name at least one network") }
        // All names are looked up before anything is removed.
        for network in try networks.map({ try repository.network($0) }) {
            try repository.removeNetwork(network)
            options.say("removed \(network.name)")
        }
    }
}

struct NetworkPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all networks that no container is connected to.",
        discussion: "Example:\n  varve network prune")

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let removed = try options.repository().pruneNetworks()
        let output = Output(options)
        for name in removed { output.line(name) }
        output.finish()
    }
}
