import ArgumentParser
import Engine
import Glibc
import Model

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a new container on a commit.",
        discussion: """
            Exits as the command did; 125 where varve failed, 126 where the command can't be executed, 127 where it is \
            not there.

            Examples:
              varve run -it --name work debian:12 bash
              varve run --rm debian:12~1 cat /etc/os-release
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: [.customShort("i"), .customLong("interactive")], help: "Let the command read standard input.")
    var isInteractive = false
    @Flag(name: [.customShort("t"), .customLong("tty")], help: "Give the command a terminal.") var hasTerminal = false
    @Flag(name: .customLong("rm"), help: "Remove the container when the command ends.") var isRemoved = false
    @Option(help: "The container's name (default: made up).") var name: String?
    @Option(name: .shortAndLong, help: "Set a variable: NAME=value, or NAME for this process's own.") var env:
        [String] = []
    @Option(name: .shortAndLong, help: "The working directory, made when missing.") var workdir: String?
    @Option(help: "In place of the image's entry point; its command is not used then. Empty for none.")
    var entrypoint: String?
    @Option(name: .shortAndLong, help: "The user: name or uid, and after a colon group or gid.") var user: String?
    @Option(name: .shortAndLong, help: "Mount a path of the host: SOURCE:DESTINATION[:ro|rw].") var volume: [String] =
        []
    @Option(help: "The network: none or host.") var network: String = "none"
    @Option(name: .shortAndLong, help: "The host name inside (default: the container's short id).") var hostname:
        String?
    @Flag(name: .customLong("read-only"), help: "Make the root filesystem read-only.") var isReadOnly = false
    @Argument(help: "The commit: debian:12, debian:12~1, 3f2a9c1.") var revision: String
    @Argument(parsing: .captureForPassthrough, help: "The command (default: the image's own).") var command: [String] =
        []

    func run() throws {
        try ContainerFailure.exiting {
            try Interruption.arm()
            let repository = try options.repository()
            let revision = try Revision(parsing: revision)
            let container = try repository.createContainer(
                on: revision, name: name, configuration: try configuration(), isLasting: !isRemoved)
            // A container whose command never started is of no use, and would keep the name.
            var isKept = false
            defer {
                if !isKept { ContainerFailure.report { try repository.remove(container) } }
            }
            let code = try repository.run(
                container, console: RunConsole(isInteractive: isInteractive), isLasting: !isRemoved,
                notice: { options.warn($0) })
            isKept = !isRemoved
            return code
        }
    }

    private func configuration() throws -> ContainerConfiguration {
        if hasTerminal, isInteractive, isatty(STDIN_FILENO) == 0 {
            throw UsageError(
                "run: -t: standard input is no terminal", hints: ["leave -t out where there is none"])
        }
        guard let network = ContainerConfiguration.Network(rawValue: network) else {
            throw UsageError("run: --network \(network): it takes 'none' or 'host'")
        }
        var configuration = ContainerConfiguration()
        configuration.entrypoint = entrypoint.map { $0.isEmpty ? [] : [$0] }
        configuration.command = command
        configuration.environment = try env.compactMap { try variable($0) }
        configuration.workingDirectory = workdir
        configuration.user = user
        configuration.volumes = try volume.map { try Self.parseVolume($0) }
        configuration.network = network
        configuration.hostname = hostname.flatMap { $0.isEmpty ? nil : $0 }
        configuration.isReadOnly = isReadOnly
        configuration.hasTerminal = hasTerminal
        configuration.isInteractive = isInteractive
        return configuration
    }

    private func variable(_ text: String) throws -> String? {
        if text.contains("=") {
            guard text.first != "=" else { throw UsageError("run: -e \(text): it takes NAME=value") }
            return text
        }
        return Environment[text].map { "\(text)=\($0)" }
    }

    static func parseVolume(_ text: String) throws -> ContainerConfiguration.Volume {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || (parts.count == 3 && ["ro", "rw"].contains(parts[2])),
            parts[0].hasPrefix("/"), parts[1].hasPrefix("/")
        else { throw UsageError("run: -v \(text): it takes /SOURCE:/DESTINATION[:ro|rw]") }
        return ContainerConfiguration.Volume(
            source: parts[0], destination: parts[1], isReadOnly: parts.count == 3 && parts[2] == "ro")
    }
}

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Run a container's command again, on the files that it left.",
        discussion: "Example:\n  varve start -a work")

    @OptionGroup var options: GlobalOptions
    @Flag(name: [.customShort("a"), .customLong("attach")], help: "Stay with the command and exit as it does.")
    var isAttached = false
    @Flag(name: [.customShort("i"), .customLong("interactive")], help: "Let the command read standard input.")
    var isInteractive = false
    @Argument(help: "The container.") var container: String

    func run() throws {
        guard isAttached else {
            throw UsageError(
                "start: \(container): it runs only in the foreground so far", hints: ["varve start -a \(container)"])
        }
        try ContainerFailure.exiting {
            try Interruption.arm()
            let repository = try options.repository()
            let container = try repository.container(container)
            let console = RunConsole(isInteractive: isInteractive || container.configuration.isInteractive)
            return try repository.run(container, console: console, isLasting: true, notice: { options.warn($0) })
        }
    }
}

/// The exit codes of commands that run a container.
enum ContainerFailure {
    /// Exits as the container did; what varve itself fails at is 125, 126 or 127.
    static func exiting(_ body: () throws -> Int32) throws -> Never {
        do {
            throw Exit(try body())
        } catch let error as Exit { throw error } catch {
            Report.exit(for: error, as: 125)
        }
    }

    /// Tells of a failure that must not hide how the command ended.
    static func report(_ body: () throws -> Void) {
        do { try body() } catch { StandardError.write("varve: \(error)\n") }
    }
}
