import Glibc
import Linux
import Model

/// Where the CNI plugins are: programs that set up networks (Container Network Interface specification 1.0).
public struct NetworkPlugins: Sendable {
    /// Searched in this order.
    public let directories: [String]

    /// - Parameter searchPath: directories with colons between, as `CNI_PATH` has them; nil for the usual ones.
    public init(searchPath: String? = nil) {
        directories = searchPath.map { $0.split(separator: ":").map(String.init) } ?? Self.usual
    }

    /// Debian's, Fedora's, and the one of the plugins' own releases.
    private static let usual = ["/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"]

    /// Whether containers can be connected to a bridge and publish ports.
    public var canBridge: Bool { ["bridge", "host-local", "portmap"].allSatisfy { path(of: $0) != nil } }

    func path(of name: String) -> String? {
        directories.map { "\($0)/\(name)" }.first { (path: String) in access(path, X_OK) == 0 }
    }
}

/// One device of one container, as plugins are told of it (specification, "Section 2: Execution Protocol").
struct PluginRun {
    static let version = "1.0.0"
    /// A plugin that takes longer is killed: milliseconds.
    private static let timeout = 60_000

    let plugins: NetworkPlugins
    let network: String
    let containerID: String
    /// The device's name in the container.
    let interface: String
    /// A descriptor that plugins get, by which others know that they are at work; borrowed.
    let lock: Int32

    /// Has each plugin of the list add what it is for, in order.
    /// - Parameters:
    ///   - list: the plugins' configurations (specification, "Section 1"), without what all have in common.
    ///   - namespace: the path of the container's network namespace.
    /// - Returns: the last plugin's result, which has all of them.
    func add(_ list: [JSON], in namespace: String) throws -> JSON {
        // Found before the first one changes anything.
        for plugin in list { _ = try program(for: plugin) }
        var result: JSON?
        for plugin in list {
            let output = try execute("ADD", plugin, namespace: namespace, result: result)
            do { result = try JSON(parsing: output) } catch {
                throw failure(plugin, "its result is no JSON: \(error)")
            }
        }
        return result ?? [:]
    }

    /// Has each plugin take away what it may have added, the last one first. Doing it again does no harm.
    /// - Parameters:
    ///   - namespace: nil where it is gone.
    ///   - result: of ``add(_:in:)``, where it came to that.
    /// - Throws: the first failure, when all have been tried.
    func delete(_ list: [JSON], in namespace: String?, result: JSON?) throws {
        var first: (any Error)?
        for plugin in list.reversed() {
            do { _ = try execute("DEL", plugin, namespace: namespace ?? "", result: result) } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    /// Has the plugins of the list but the first, whose device is there, take away and add again what they are for.
    /// - Parameter result: of ``add(_:in:)``, which stays true.
    func addAgain(_ list: [JSON], in namespace: String, result: JSON?) throws {
        for plugin in list.dropFirst() {
            _ = try execute("DEL", plugin, namespace: namespace, result: result)
            _ = try execute("ADD", plugin, namespace: namespace, result: result)
        }
    }

    /// Has the plugin that gives addresses take back what it gave, as the plugin of the device would.
    func releaseAddress(_ list: [JSON], result: JSON?) throws {
        for plugin in list {
            guard let name = plugin["ipam"]?["type"]?.string else { continue }
            _ = try execute("DEL", plugin, by: name, namespace: "", result: result)
        }
    }

    /// - Parameter delegate: the plugin to execute in place of the one that the configuration is for.
    private func execute(
        _ command: String, _ plugin: JSON, by delegate: String? = nil, namespace: String, result: JSON?
    ) throws -> [UInt8] {
        let (name, path) = try delegate.map { try self.program(named: $0) } ?? self.program(for: plugin)
        var configuration = plugin.setting("cniVersion", to: .string(Self.version))
            .setting("name", to: .string(network))
        if let result { configuration = configuration.setting("prevResult", to: result) }
        let program = Program(
            path, arguments: [name],
            environment: [
                "CNI_COMMAND=\(command)", "CNI_CONTAINERID=\(containerID)", "CNI_NETNS=\(namespace)",
                "CNI_IFNAME=\(interface)", "CNI_PATH=\(plugins.directories.joined(separator: ":"))",
                // They execute iptables.
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ])
        let outcome = try program.run(input: configuration.serialized(), holding: lock, within: Self.timeout)
        guard outcome.status == 0 else {
            throw failure(plugin, Self.reason(outcome), operation: command == "DEL" ? "disconnect" : "connect")
        }
        return outcome.output
    }

    private func program(for plugin: JSON) throws -> (name: String, path: String) {
        let name = plugin["type"]?.string ?? ""
        // What a plugin delegates to is missing as well as the plugin itself.
        if let delegate = plugin["ipam"]?["type"]?.string { _ = try program(named: delegate) }
        return try program(named: name)
    }

    private func program(named name: String) throws -> (name: String, path: String) {
        guard let path = plugins.path(of: name) else {
            throw EngineError.missingPlugin(name, directories: plugins.directories)
        }
        return (name, path)
    }

    private func failure(_ plugin: JSON, _ reason: String, operation: String = "connect") -> EngineError {
        .refused("\(operation) network", subject: network, reason: "plugin \(plugin["type"]?.string ?? ""): \(reason)")
    }

    /// What a failed plugin says: an error as JSON on standard output (specification, "Section 5: Result Types").
    private static func reason(_ outcome: Program.Outcome) -> String {
        if let error = try? JSON(parsing: outcome.output), let message = error["msg"]?.string {
            let details = error["details"]?.string ?? ""
            return details.isEmpty ? message : "\(message): \(details)"
        }
        let errors = Escaping.displayed(Array(outcome.errors.prefix(500)))
        return "it ended with \(outcome.status)\(errors.isEmpty ? "" : ": \(errors)")"
    }
}
