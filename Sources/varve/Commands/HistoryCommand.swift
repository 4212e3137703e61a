import ArgumentParser
import Engine
import Model
import ObjectStore

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the steps in which an image was made.",
        discussion: """
            One line a commit, the last first: those of an image that was loaded, and those made on it.

            Examples:
              varve history debian:12
              varve history --no-trunc web:1~1
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("no-trunc"), help: "Cut nothing off.") var isWhole = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "A revision or a container.") var revision: String

    func run() throws {
        let steps = try options.repository().imageSteps(revision)
        let output = Output(options, paging: !isJSON)
        if isJSON { output.json(.array(steps.map(Self.json))) } else { print(steps, to: output) }
        output.finish()
    }

    private func print(_ steps: [ImageStep], to output: Output) {
        var table = Table(["COMMIT", "CREATED", "CREATED BY", "SIZE", "COMMENT"])
        for step in steps {
            table.add([
                isWhole ? step.commit.hex : step.commit.short, step.created.map { Age.of($0.seconds) } ?? "",
                text(step.createdBy, 45), ByteCount.text(step.size), text(step.comment, 45),
            ])
        }
        table.print(to: output)
    }

    /// On one line, since it may come from anywhere.
    private func text(_ text: String, _ width: Int) -> String {
        let line = Escaping.displayed(Array(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").utf8))
        return isWhole || line.count <= width ? line : "\(line.prefix(width - 1))…"
    }

    private static func json(_ step: ImageStep) -> JSON {
        [
            "commit": .string(step.commit.hex), "created": step.created.map { .integer($0.seconds) } ?? .null,
            "createdBy": .string(step.createdBy), "comment": .string(step.comment), "size": .integer(step.size),
            "empty": .bool(step.isEmpty), "diffID": step.diffID.map { .string($0.description) } ?? .null,
        ]
    }
}
