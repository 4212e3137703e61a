import ArgumentParser
import Engine
import Model
import Snapshot

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "List what changed in a container since its base.",
        discussion: """
            One line a path: A added, M modified, D deleted, R renamed, T of another kind now. A container without \
            changes prints nothing.

            Example:
              varve status work
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("times"), help: "Also what only has another modification time.") var showsTimes = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "The container.") var container: String
    @OptionGroup var selection: PathOptions

    func run() throws {
        let repository = try options.repository()
        try Interruption.arm()
        let container = try repository.container(container)
        let comparison = try repository.status(of: container, paths: try selection.paths(), namesOnly: true)
        let changes = comparison.changes.filter { showsTimes || !$0.isTimesOnly }
        let output = Output(options)
        if isJSON {
            output.json(ChangeForms.json(changes))
        } else {
            for change in changes { output.line(ChangeForms.short(change, output)) }
        }
        output.finish()
    }
}

/// The paths that a command is limited to: what stands behind `--`.
struct PathOptions: ParsableArguments {
    @Option(
        name: .customLong("path"), help: "Only at or below this path; paths may also stand behind '--' at the end.")
    var texts: [String] = []

    func paths() throws -> [BytePath] { try texts.map { try Paths.parse($0) } }
}

/// Paths inside a root filesystem as they are typed: `/etc` or `etc`.
enum Paths {
    static func parse(_ text: String) throws -> BytePath {
        guard let path = BytePath(parsing: text.utf8) else {
            throw UsageError(
                "read path: \(Escaping.displayed(Array(text.utf8))): it has a '..', or a name over 255 bytes")
        }
        return path
    }

    /// `REV:/path`.
    static func parsePlace(_ text: String) throws -> (place: String, path: BytePath) {
        guard let separator = text.firstRange(of: ":/") else {
            throw UsageError(
                "read place: \(text): it names no path", hints: ["write REV:/path, as in debian:12:/etc/hosts"])
        }
        let place = String(text[..<separator.lowerBound])
        return (place, try parse(String(text[text.index(after: separator.lowerBound)...])))
    }
}
