import ArgumentParser
import Engine
import Model

struct NetworkLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List networks.",
        discussion: """
            Filters: name= and id= (a part of it), driver=, label=NAME[=VALUE], dangling=true (no container is connected).

            Examples:
              varve network ls
              varve network ls -q --filter dangling=true
            """)

    // -q prints ids alone here, as in docker.
    @OptionGroup var options: GlobalOptions
    @Option(name: [.customShort("f", allowingJoined: true), .customLong("filter")], help: "Only those: KEY=VALUE.")
    var filter: [String] = []
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let networks = try chosen(in: options.repository())
        let output = Output(options)
        if isJSON {
            output.json(.array(networks.map(\.json)))
        } else if options.isQuiet {
            for network in networks { output.line(String(network.id.prefix(12))) }
        } else {
            var table = Table(["NETWORK ID", "NAME", "DRIVER", "SUBNET", "CREATED"])
            for network in networks {
                table.add([
                    String(network.id.prefix(12)), network.name, network.driver.rawValue, "\(network.subnet)",
                    Age.of(network.created),
                ])
            }
            table.print(to: output)
        }
        output.finish()
    }

    private func chosen(in repository: Repository) throws -> [Network] {
        let filters = try Filters(filter, keys: ["name", "id", "driver", "label", "dangling"], command: "network ls")
        let isDangling = try filters.flag("dangling", command: "network ls")
        return try repository.networks().filter { network in
            if let isDangling, isDangling != (try repository.members(of: network.name).isEmpty) { return false }
            return filters.admits("name") { network.name.contains($0) }
                && filters.admits("id") { network.id.contains($0) }
                && filters.admits("driver") { network.driver.rawValue == $0 }
                && filters.admits(labels: network.labels)
        }
    }
}

struct NetworkInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show all of networks and who is connected, as JSON.",
        discussion: "Example:\n  varve network inspect web")

    @OptionGroup var options: GlobalOptions
    // There is no other form; scripts that ask for it on every command get it.
    @Flag(name: .customLong("json"), help: "Print JSON, as always.") var isJSON = false
    @Argument(help: "The networks.") var networks: [String]

    func run() throws {
        let repository = try options.repository()
        guard !networks.isEmpty else { throw UsageError("network inspect: name at least one network") }
        let shown = try networks.map { text in
            let network = try repository.network(text)
            return network.json.setting("bridge", to: network.bridge.map { .string($0) } ?? .null)
                .setting("containers", to: .array(try repository.members(of: network.name).map(Self.json)))
        }
        let output = Output(options)
        output.json(.array(shown))
        output.finish()
    }

    private static func json(_ member: Attachment) -> JSON {
        [
            "container": .string(member.containerID), "names": .array(member.names.map { .string($0) }),
            "interface": .string(member.interface), "address": member.address.map { .string("\($0)") } ?? .null,
            "hardwareAddress": member.hardwareAddress.map { .string($0) } ?? .null,
            "ports": .array(member.ports.map(\.json)),
        ]
    }
}
