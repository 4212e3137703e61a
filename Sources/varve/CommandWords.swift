import ArgumentParser
import Engine

/// The words of a command line, put into the order that the parser takes.
///
/// It knows options only behind the command that has them, and one list of words a command: so global options move
/// behind the command, and the paths behind `--` become options.
struct CommandWords {
    private let words: [String]
    private(set) var sorted: [String] = []
    /// The command's name; nil where there is none.
    private(set) var command: String?
    /// Of a command without subcommands.
    private var type: (any ParsableCommand.Type)?

    init(_ words: [String]) { self.words = words }

    /// - Throws: where there is no such command.
    mutating func sort() throws {
        var rest = words[...]
        let global = Self.takeGlobal(from: &rest)
        guard let first = rest.first, !first.hasPrefix("-") else {
            sorted = words
            return
        }
        command = first
        type = Self.commands.first { $0.configuration.commandName == first && $0.configuration.subcommands.isEmpty }
        sorted = [try Self.name(rest.removeFirst(), among: Self.names(Self.commands) + ["help"], of: nil)]
        let group = Self.commands.first { $0.configuration.commandName == first }?.configuration.subcommands ?? []
        if !group.isEmpty, let second = rest.first, !second.hasPrefix("-"), second != "help" {
            sorted.append(try Self.name(rest.removeFirst(), among: Self.names(group), of: first))
        }
        sorted += global
        if Self.takingPaths.contains(first), let terminator = rest.firstIndex(of: "--") {
            sorted += rest[..<terminator]
            sorted += rest[(terminator + 1)...].map { "--path=\($0)" }
        } else {
            sorted += rest
        }
        if first == "save" {
            // The parser knows no option whose value may be left out.
            sorted = sorted.map { $0.hasPrefix("--squash=") ? "--squash-since=\($0.dropFirst(9))" : $0 }
        }
    }

    /// What was typed, as a command to run. Only after ``sort()``.
    ///
    /// The command takes its words itself: that saves 1.6 of the 9.5 million instructions of going through the tree of all
    /// commands. What it can't take, and all that is told of a command, is left to the tree, which knows its whole name.
    func parsed() throws -> any ParsableCommand {
        if let type, let command = try? type.parseAsRoot(Array(sorted.dropFirst())), Swift.type(of: command) == type {
            return command
        }
        return try Varve.parseAsRoot(sorted)
    }

    private static let commands = Varve.configuration.groupedSubcommands.flatMap { $0.subcommands }
    private static let takingPaths: Set<String> = ["status", "diff", "commit", "log", "show"]

    private static func names(_ commands: [any ParsableCommand.Type]) -> [String] {
        commands.compactMap { $0.configuration.commandName }
    }

    /// The options of ``GlobalOptions`` in front.
    private static func takeGlobal(from words: inout ArraySlice<String>) -> [String] {
        var taken: [String] = []
        while let word = words.first {
            switch word {
            case "--root" where words.count > 1: taken += [words.removeFirst(), words.removeFirst()]
            case "-q", "--quiet", "--no-pager": taken.append(words.removeFirst())
            case _ where word.hasPrefix("--root="): taken.append(words.removeFirst())
            default: return taken
            }
        }
        return taken
    }

    private static func name(_ word: String, among names: [String], of command: String?) throws -> String {
        if names.contains(word) { return word }
        let near = Likeness.nearest(to: word, among: names)
        throw UsageError(
            "find command: \(command.map { "\($0) " } ?? "")\(word): there is none",
            hints: [
                near.isEmpty
                    ? "'varve \(command.map { "help \($0)" } ?? "help")' lists them"
                    : "did you mean \(near.joined(separator: " or "))?"
            ])
    }
}

extension CommandConfiguration {
    /// For a command that ends in less time than the parser takes: a root command's words are parsed twice more, as a wish for
    /// a completion script, unless it says that it stands below another. That is 0.7 of 15 ms.
    var parsedAtOnce: CommandConfiguration {
        var configuration = self
        configuration._superCommandName = "varve"
        return configuration
    }
}

extension NameSpecification {
    /// The long name, and a letter that the value may follow at once: `-eNAME=value`.
    static func joined(_ letter: Character) -> NameSpecification {
        [.customShort(letter, allowingJoined: true), .long]
    }
}
