import ArgumentParser
import Engine
import Model

struct NetworkLsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List networks.", discussion: "Example:\n  varve network ls")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let networks = try options.repository().networks()
        let output = Output(options)
        if isJSON {
            output.json(.array(networks.map(\.json)))
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
