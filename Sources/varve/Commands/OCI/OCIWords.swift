import ArgumentParser
import Engine

/// The words behind `varve oci`. The parser knows options only behind the command that has them; runc's stand in front.
struct OCIWords {
    /// In the order that the parser takes.
    let sorted: [String]
    /// The command's name; nil where there is none.
    let command: String?
    /// Where failures are told, known before the parser has understood the rest.
    let log: OCILog

    /// Nil where something else of varve is meant.
    init?(commandLine: [String]) {
        let name = commandLine.first?.split(separator: "/").last
        if name == "varve-oci" {
            self.init(commandLine.dropFirst())
        } else if commandLine.dropFirst().first == "oci" {
            self.init(commandLine.dropFirst(2))
        } else {
            return nil
        }
    }

    private init(_ words: ArraySlice<String>) {
        var rest = words
        var options: [String] = []
        while let word = rest.first, word.hasPrefix("-"), !["-h", "--help", "--version", "--"].contains(word) {
            options.append(rest.removeFirst())
            if Self.taking.contains(word), let value = rest.popFirst() { options.append(value) }
        }
        log = Self.log(options)
        command = rest.first.flatMap { $0.hasPrefix("-") ? nil : $0 }
        switch command {
        case "help": sorted = ["help", "oci"] + rest.dropFirst()
        // How containers are run is nothing to it, and it has a flag of the same name.
        case "spec": sorted = ["oci", "spec"] + Self.without("--rootless", options) + rest.dropFirst()
        default: sorted = ["oci"] + rest.prefix(1) + options + rest.dropFirst()
        }
    }

    /// Throws where there is no such command.
    func check() throws {
        guard let command else { return }
        let names = OCICommand.configuration.subcommands.compactMap { $0.configuration.commandName }
        if names.contains(command) || command == "help" { return }
        let near = Likeness.nearest(to: command, among: names)
        throw UsageError(
            "find command: oci \(command): there is none",
            hints: [near.isEmpty ? "'varve oci --help' lists them" : "did you mean \(near.joined(separator: " or "))?"])
    }

    /// Those that a value follows.
    private static let taking: Set<String> = ["--root", "--log", "--log-format", "--rootless"]

    private static func without(_ name: String, _ options: [String]) -> [String] {
        var rest = options
        while let index = rest.firstIndex(of: name) { rest.removeSubrange(index..<min(index + 2, rest.endIndex)) }
        return rest.filter { !$0.hasPrefix("\(name)=") }
    }

    private static func log(_ options: [String]) -> OCILog {
        func value(_ name: String) -> String? {
            if let option = options.last(where: { $0.hasPrefix("\(name)=") }) {
                return String(option.dropFirst(name.count + 1))
            }
            guard let index = options.lastIndex(of: name), index + 1 < options.count else { return nil }
            return options[index + 1]
        }
        return OCILog(
            path: value("--log"), format: value("--log-format").flatMap { OCILog.Format(rawValue: $0) } ?? .text,
            isDetailed: options.contains("--debug"))
    }
}
