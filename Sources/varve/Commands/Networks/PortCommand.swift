import ArgumentParser
import Engine
import Model

struct PortCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "port", abstract: "List the ports that a container publishes, or where one of them is.",
        discussion: "Example:\n  varve port work")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "The container.") var container: String
    @Argument(help: "The port, with its protocol unless that is tcp: 80, 53/udp.") var port: String?

    func run() throws {
        let repository = try options.repository()
        let container = try repository.container(container)
        var ports = try repository.publishedPorts(of: container)
        if let port {
            guard let wanted = ContainerPort(parsing: port) else {
                throw UsageError("port: \(port): it takes PORT[/tcp|udp|sctp]")
            }
            ports = ports.filter { $0.port == wanted }
            if ports.isEmpty { throw EngineError.notPublished(container: container.name, wanted) }
        }
        let output = Output(options)
        if isJSON {
            output.json(.array(ports.map(\.json)))
        } else {
            for published in ports {
                output.line(port == nil ? "\(published.port) -> \(published.host)" : published.host)
            }
        }
        output.finish()
    }
}
