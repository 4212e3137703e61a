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
            NetworkDisconnectCommand.self, NetworkReloadCommand.self, NetworkRmCommand.self, NetworkPruneCommand.self,
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
        let aliases = try alias.map { try NetworkFlags.name($0, of: "--alias", command: "network connect") }
        var endpoint = Endpoint(network, aliases: aliases)
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
    @Flag(name: .shortAndLong, help: "Also from a network that there is no more.") var force = false
    @Argument(help: "The network.") var network: String
    @Argument(help: "The container.") var container: String

    func run() throws {
        let repository = try options.repository()
        let container = try repository.container(container)
        do { try repository.disconnect(container, from: try repository.network(network)) } catch EngineError
            .unknownNetwork where force
        {
            try repository.disconnect(container, fromMissing: network)
        }
    }
}

struct NetworkReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Put in again what the host's packet filter has lost of running containers.",
        discussion: """
            For after something else has emptied the packet filter: what keeps networks apart, and published ports.

            Example:
              varve network reload --all
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "All that run.") var all = false
    @Argument(help: "The containers.") var containers: [String] = []

    func run() throws {
        let repository = try options.repository()
        guard containers.isEmpty == all else {
            throw UsageError("network reload: name containers, or take --all")
        }
        let chosen = all ? try repository.runningContainers() : try containers.map { try repository.container($0) }
        var code: Int32 = 0
        for container in chosen {
            do {
                try repository.reloadNetworks(of: container)
                options.say("reloaded \(container.name)")
            } catch { code = max(code, Report.tell(error)) }
        }
        if code != 0 { throw Exit(code) }
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
        var code: Int32 = 0
        for network in try networks.map({ try repository.network($0) }) {
            do {
                try repository.removeNetwork(network)
                options.say("removed \(network.name)")
            } catch { code = max(code, Report.tell(error)) }
        }
        if code != 0 { throw Exit(code) }
    }
}

struct NetworkPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all networks that no container is connected to.",
        discussion: "Filters: label=NAME[=VALUE].\n\nExample:\n  varve network prune -f")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Option(help: "Only those: KEY=VALUE.") var filter: [String] = []

    func run() throws {
        let filters = try Filters(filter, keys: ["label"], command: "network prune")
        if !force {
            StandardError.write("Remove all networks that no container is connected to? [y/N] ")
            guard ["y", "Y", "yes"].contains(readLine() ?? "") else { throw Exit(1) }
        }
        let output = Output(options)
        defer { output.finish() }
        try options.repository().pruneNetworks(where: { filters.admits(labels: $0.labels) }) { output.line($0.name) }
    }
}
