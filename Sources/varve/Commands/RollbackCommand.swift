import ArgumentParser
import Engine
import Model
import ObjectStore

struct RollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Move a tag back, or reset a container.",
        discussion: """
            A tag goes to REV, by default to the commit before its own; TAG@{1} keeps where it was. A container's files \
            become those of REV, by default of its base; what was not committed is saved as a commit first, and named. A \
            running container is stopped for it and started again.

            Examples:
              varve rollback debian:12
              varve rollback work debian:12~3
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var identity: IdentityOptions
    @Argument(help: "A container or a tag.") var target: String
    @Argument(help: "The commit to go to.") var revision: String?

    func run() throws {
        let repository = try options.repository()
        let revision = try revision.map { try Revision(parsing: $0) }
        try Interruption.arm()
        let output = Output(options)
        if let container = try repository.containerIfPresent(target) {
            let result = try Detachment(repository: repository, options: options).stopping(container) {
                try repository.rollback(container, to: revision, by: try identity.signature())
            }
            if let saved = result.saved {
                options.say("uncommitted changes are saved as \(saved.short)")
                options.say("'varve rollback \(container.name) \(saved.short)' brings them back")
            }
            output.line(result.target.hex)
        } else {
            let tag = try TagName(parsing: target)
            let (old, new) = try repository.rollback(tag, to: revision, by: try identity.signature())
            options.say(
                old == new ? "\(tag) is at \(new.short) already" : "\(tag) was at \(old.short), is now at \(new.short)")
            output.line(new.hex)
        }
        output.finish()
    }
}

struct UndoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Take back the last operation: every tag and container as before it.",
        discussion: "Again, it takes back the one before; 'varve op log' tells all.\n\nExample:\n  varve undo")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var identity: IdentityOptions

    func run() throws {
        let undone = try options.repository().undo(by: try identity.signature())
        options.say("took back: \(Escaping.displayed(Array(undone.operation.description.utf8)))")
    }
}
