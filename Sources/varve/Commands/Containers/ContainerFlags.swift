import ArgumentParser
import Engine
import Glibc

/// What `run` and `create` take about the container, with Docker's names.
struct ContainerFlags: ParsableArguments {
    @Flag(name: [.customShort("i"), .customLong("interactive")], help: "Let the command read standard input.")
    var isInteractive = false
    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the command a terminal.") var hasTerminal = false
    @Option(name: .joined("e"), help: "Set a variable: NAME=value, or NAME for this process's own.") var env: [String] =
        []
    @Option(name: .joined("w"), help: "The working directory, made when missing.") var workdir: String?
    @Option(help: "In place of the image's entry point; its command is not used then. Empty for none.")
    var entrypoint: String?
    @Option(name: .joined("u"), help: "The user: name or uid, and after a colon group or gid.") var user: String?
    @Option(
        name: .joined("h"),
        help: "The host name inside (default: the container's short id; the host's own on the host's network).")
    var hostname: String?
    @Flag(name: .customLong("read-only"), help: "Make the root filesystem read-only.") var isReadOnly = false
    @OptionGroup var security: SecurityFlags
    @OptionGroup var resources: ResourceFlags
    @OptionGroup var process: ProcessFlags
    @OptionGroup var connection: NetworkFlags
    @OptionGroup var storage: StorageFlags
    @OptionGroup var lifecycle: LifecycleFlags

    /// - Parameter readsTerminal: whether this process's terminal becomes the container's.
    func configuration(command: [String], readsTerminal: Bool) throws -> ContainerConfiguration {
        if readsTerminal, hasTerminal, isInteractive, isatty(STDIN_FILENO) == 0 {
            throw UsageError(
                "run: -t: standard input is no terminal", hints: ["leave -t out where there is none"])
        }
        var configuration = ContainerConfiguration()
        configuration.entrypoint = entrypoint.map { $0.isEmpty ? [] : [$0] }
        configuration.command = command
        configuration.environment = try process.variables() + env.compactMap { try VariableWord.parse($0) }
        configuration.workingDirectory = workdir
        configuration.user = user
        if let hostname, !hostname.isEmpty {
            configuration.hostname = try NetworkFlags.name(hostname, of: "--hostname", longest: HostName.longestOwn)
        }
        configuration.isReadOnly = isReadOnly
        configuration.hasTerminal = hasTerminal
        configuration.isInteractive = isInteractive
        try security.apply(to: &configuration)
        try resources.apply(to: &configuration)
        try process.apply(to: &configuration)
        try connection.apply(to: &configuration)
        try storage.apply(to: &configuration)
        try lifecycle.apply(to: &configuration)
        return configuration
    }
}

/// `-e`.
enum VariableWord {
    /// A name alone stands for this process's own variable; nil where it has none.
    static func parse(_ text: String) throws -> String? {
        if text.contains("=") {
            guard text.first != "=" else { throw UsageError("run: -e \(text): it takes NAME=value") }
            return text
        }
        return Environment[text].map { "\(text)=\($0)" }
    }
}
