import ArgumentParser
import Engine
import Model
import ObjectStore

struct OpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "op", abstract: "Look at the repository's operations, or go to one.",
        discussion: "Examples:\n  varve op log\n  varve op show 3f2a9c1\n  varve op restore 3f2a9c1",
        subcommands: [OpLogCommand.self, OpShowCommand.self, OpRestoreCommand.self])
}

struct OpLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List operations, the newest first.", discussion: "Example:\n  varve op log -n 5")

    @OptionGroup var options: GlobalOptions
    @Option(name: [.customShort("n", allowingJoined: true), .customLong("max-count")], help: "At most so many.")
    var limit: Int?
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        if let limit, limit < 0 { throw UsageError("op log: -n: it takes a number from 0, not \(limit)") }
        let operations = try options.repository().operationLog(limit: limit ?? .max)
        let output = Output(options, paging: !isJSON)
        if isJSON {
            output.json(.array(operations.map { OperationForm.json($0) }))
        } else {
            for logged in operations {
                output.line(
                    "\(output.coloured(logged.id.short, .yellow)) \(Age.of(logged.operation.author.seconds)): "
                        + Escaping.displayed(Array(logged.operation.description.utf8)))
            }
        }
        output.finish()
    }
}

struct OpShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what one operation moved.", discussion: "Example:\n  varve op show 3f2a9c1"
    )

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "The operation's id, or a prefix of it.") var operation: String

    func run() throws {
        let logged = try options.repository().operation(operation)
        let output = Output(options)
        if isJSON {
            output.json(OperationForm.json(logged))
        } else {
            let author = logged.operation.author
            output.line(output.coloured("operation \(logged.id.hex)", .yellow))
            output.line("Author: \(author.name) <\(author.email)>")
            output.line("Date:   \(Age.date(author.seconds, zone: author.zone))")
            output.line()
            output.line("    \(Escaping.displayed(Array(logged.operation.description.utf8)))")
            output.line()
            for move in logged.operation.moves {
                let name = TagName(ref: move.ref)?.description ?? move.ref
                output.line("\(name): \(move.old?.short ?? "(none)") -> \(move.new?.short ?? "(none)")")
            }
            for base in logged.operation.bases {
                output.line("container \(base.container.prefix(12)): \(base.old.short) -> \(base.new.short)")
            }
        }
        output.finish()
    }
}

struct OpRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make all tags and containers what they were after an operation.",
        discussion: "Example:\n  varve op restore 3f2a9c1")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var identity: IdentityOptions
    @Argument(help: "The operation's id, or a prefix of it.") var operation: String

    func run() throws {
        let repository = try options.repository()
        let target = try repository.operation(operation)
        try repository.restore(to: target.id, by: try identity.signature())
        options.say("as after: \(Escaping.displayed(Array(target.operation.description.utf8)))")
    }
}

enum OperationForm {
    static func json(_ logged: LoggedOperation) -> JSON {
        let operation = logged.operation
        return [
            "operation": .string(logged.id.hex), "description": .string(operation.description),
            "seconds": .integer(operation.author.seconds), "author": .string(operation.author.name.displayed),
            "moves": .array(
                operation.moves.map { move in
                    [
                        "tag": .string(TagName(ref: move.ref)?.description ?? move.ref),
                        "old": move.old.map { .string($0.hex) } ?? .null,
                        "new": move.new.map { .string($0.hex) } ?? .null,
                    ]
                }),
            "bases": .array(
                operation.bases.map { base in
                    [
                        "container": .string(base.container), "old": .string(base.old.hex),
                        "new": .string(base.new.hex),
                    ]
                }),
            "undoes": operation.undoes.map { .string($0.hex) } ?? .null,
        ]
    }
}
