import Glibc
import Linux
import Model
import Runtime

extension Repository {
    /// What the container's configuration and its image's make of a start, without volumes.
    func specification(
        for container: Container, _ state: ContainerState, root: borrowing Descriptor, console: RunConsole
    ) throws -> Specification {
        let image = try imageConfiguration(of: state.base)
        let configuration = container.configuration
        let command = Self.command(configuration, image)
        guard !command.isEmpty else { throw EngineError.noCommand(container.revision) }
        let user = try UserLookup(configuration.user ?? image.user ?? "", in: root.reference)
        let hostname = try container.hostname

        var environment = EnvironmentList(
            configuration, image, hostname: hostname, hasTerminal: configuration.hasTerminal)
        environment.settle(home: user.home)

        let workingDirectory = try Self.workingDirectory(
            configuration.workingDirectory ?? image.workingDirectory ?? "/")
        let process = Specification.Process(
            arguments: command.map { ByteName($0) }, environment: environment.variables.map { ByteName($0) },
            workingDirectory: workingDirectory,
            user: Specification.User(uid: user.uid, gid: user.gid, additionalGroups: user.additionalGroups),
            hasTerminal: configuration.hasTerminal, consoleSize: try console.console.size())
        let hierarchies = try hierarchies()
        var specification = Specification.standard(
            process: process,
            root: Specification.Root(path: "rootfs", isReadOnly: configuration.isReadOnly), hostname: hostname,
            hostNetwork: configuration.connection.mode == .host,
            cgroupsPath: hierarchies.isEmpty ? nil : Self.controlGroupPath(of: container),
            hasControlGroups: hierarchies.unified != nil)
        try configuration.process.apply(to: &specification, in: root.reference)
        try (state.resources ?? configuration.resources).apply(to: &specification)
        try configuration.storage.apply(to: &specification)
        try configuration.connection.apply(to: &specification)
        if case .container(let id) = configuration.connection.mode {
            specification.linux.namespaces.remove(.network)
            specification.linux.joinedNamespaces[.network] = ByteName(try namespaceToJoin(of: id))
        }
        // Last: what is forbidden is forbidden, whatever else was asked for.
        try configuration.security.apply(to: &specification)
        specification.addNetworkParameters()
        return specification
    }

    static func workingDirectory(_ text: String) throws -> BytePath {
        guard text.hasPrefix("/"), let path = BytePath(parsing: text.utf8) else {
            throw EngineError.refused(
                "set working directory", subject: text, reason: "it is no absolute path without '..'")
        }
        return path
    }

    /// An entry point of the container's own leaves nothing of the image's command line, as in Docker.
    static func command(_ configuration: ContainerConfiguration, _ image: ImageConfiguration) -> [String] {
        if let entrypoint = configuration.entrypoint { return entrypoint + configuration.command }
        return image.entrypoint + (configuration.command.isEmpty ? image.command : configuration.command)
    }
}

extension Specification {
    /// As Docker: in a network of its own any user may take any port and send an echo request, which sees nothing of others.
    fileprivate mutating func addNetworkParameters() {
        guard linux.namespaces.contains(.network) else { return }
        var parameters = [Annotation(key: "net.ipv4.ip_unprivileged_port_start", value: "0")]
        // The kernel takes no group here that the user namespace does not map.
        if !linux.namespaces.contains(.user) {
            parameters.append(Annotation(key: "net.ipv4.ping_group_range", value: "0 2147483647"))
        }
        let given = Set(linux.sysctl.map(\.key))
        // Nobody asked for them: where the kernel has none, or lets none be set, they are left out.
        linux.sysctl += parameters.filter { parameter in
            !given.contains(parameter.key)
                && access("/proc/sys/\(parameter.key.replacing(".", with: "/"))", W_OK) == 0
        }
    }
}
