import ArgumentParser
import Engine
import Runtime

/// Docker's flags for what goes with a container's processes.
struct ProcessFlags: ParsableArguments {
    @Option(help: "Limit a resource: NAME=SOFT[:HARD], as in nofile=1024:4096; -1 for no limit.")
    var ulimit: [String] = []
    @Option(help: "Set a kernel parameter of the container's own namespaces: NAME=VALUE.") var sysctl: [String] = []
    @Option(name: .joined("l"), help: "Give the container a label: NAME=VALUE, or NAME.") var label: [String] = []
    @Option(help: "Labels from a file, one a line.") var labelFile: [String] = []
    @Option(help: "Add the user to a group: name or gid.") var groupAdd: [String] = []
    @Option(help: "Variables from a file, NAME=VALUE or NAME a line; -e goes before.") var envFile: [String] = []
    @Option(help: "Refuse an image that is for another platform, such as linux/arm64.") var platform: String?

    func apply(to configuration: inout ContainerConfiguration) throws {
        configuration.process.limits = try ulimit.map { text in
            guard let limit = Specification.Limit(parsing: text) else {
                let names = Specification.Resource.allCases.map(\.shortName).sorted().joined(separator: ", ")
                throw UsageError(
                    "read --ulimit: \(text): it takes NAME=SOFT[:HARD], the soft limit not above the hard one",
                    hints: ["the names are \(names)"])
            }
            return limit
        }
        configuration.process.sysctl = try sysctl.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw UsageError("read --sysctl: \(text): it takes NAME=VALUE, as in net.ipv4.ip_forward=1")
            }
            return .init(key: parts[0], value: parts[1])
        }
        configuration.process.labels = try labels()
        configuration.process.groups = groupAdd
        configuration.process.platform = platform
    }

    private func labels() throws -> [Label] {
        let ofFiles = try labelFile.flatMap { try NameValueFile.lines(of: $0, for: "--label-file") }
        return try (ofFiles + label).map { text in
            guard let label = Label(parsing: text) else { throw UsageError("read --label: \(text): it has no name") }
            return label
        }
    }

    /// The variables of the files, in their order; a name alone stands for this process's own variable, where it has one.
    func variables() throws -> [String] { try Self.variables(of: envFile) }

    static func variables(of files: [String]) throws -> [String] {
        try files.flatMap { try NameValueFile.lines(of: $0, for: "--env-file") }.compactMap { line in
            line.contains("=") ? line : Environment[line].map { "\(line)=\($0)" }
        }
    }
}
