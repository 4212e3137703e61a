import ArgumentParser
import Engine
import Model
import ObjectStore

struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "List, make, take away or rename tags.",
        discussion: """
            Examples:
              varve tag
              varve tag web:known-good web:1~2
              varve tag -d web:old
              varve tag -m web:1 web:2
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var identity: IdentityOptions
    @Flag(name: [.customShort("d"), .customLong("delete")], help: "Take the tag away.") var deletes = false
    @Flag(name: [.customShort("m"), .customLong("move")], help: "Rename the tag OLD to NEW.") var renames = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "NEW REV, or with -d TAG, with -m OLD NEW; nothing lists all tags.") var names: [String] = []

    func run() throws {
        let repository = try options.repository()
        switch (deletes, renames, names.count) {
        case (false, false, 0): try list(repository)
        case (false, false, 1...2):
            let commit = try repository.resolve(names.count == 2 ? names[1] : names[0])
            try repository.createTag(try TagName(parsing: names[0]), at: commit, by: try identity.signature())
        case (true, false, 1):
            let tag = try TagName(parsing: names[0])
            let position = try repository.deleteTag(tag, by: try identity.signature())
            options.say("\(tag) was at \(position.short); 'varve undo' brings it back")
        case (false, true, 2):
            try repository.renameTag(
                try TagName(parsing: names[0]), to: try TagName(parsing: names[1]), by: try identity.signature())
        default: throw UsageError("tag: takes nothing, NEW REV, -d TAG or -m OLD NEW")
        }
    }

    private func list(_ repository: Repository) throws {
        let tags = try repository.tags()
        let output = Output(options)
        if isJSON {
            output.json(
                .array(tags.map { ["tag": .string($0.name.description), "commit": .string($0.commit.hex)] }))
        } else {
            let width = tags.map { $0.name.description.count }.max() ?? 0
            for tag in tags {
                let name = tag.name.description
                output.line("\(name)\(String(repeating: " ", count: width - name.count))  \(tag.commit.short)")
            }
        }
        output.finish()
    }
}

struct ReflogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reflog", abstract: "Show where a tag was.", discussion: "Example:\n  varve reflog debian:12")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "The tag.") var tag: String

    func run() throws {
        let tag = try TagName(parsing: tag)
        let moves = try options.repository().reflog(tag)
        let output = Output(options, paging: !isJSON)
        if isJSON {
            output.json(
                .array(
                    moves.map { move in
                        [
                            "old": move.old.map { .string($0.hex) } ?? .null,
                            "new": move.new.map { .string($0.hex) } ?? .null,
                            "seconds": .integer(move.author.seconds),
                            "message": .string(Escaping.displayed(move.message)),
                        ]
                    }))
        } else {
            for (index, move) in moves.enumerated() {
                output.line("\(move.new?.short ?? "(none)") \(tag)@{\(index)}: \(Escaping.displayed(move.message))")
            }
        }
        output.finish()
    }
}
