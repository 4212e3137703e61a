import ArgumentParser
import Engine
import Glibc
import Linux
import Model

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make an empty repository.",
        discussion:
            "Every command makes the repository on first use, so this is for scripts that want it early.\n\nExample:\n  varve --root /srv/varve init"
    )

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let repository = try options.repository()
        options.say("repository in \(repository.root)")
    }
}

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a root filesystem the first or next commit of a tag.",
        discussion: """
            Takes a tar file in any compression, a directory, or '-' for a tar file on standard input. Prints the commit.

            Examples:
              varve import debian:12 base.tar
              varve import -c 'CMD ["bash"]' debian:12 base.tar
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var identity: IdentityOptions
    @Option(name: .joined("m"), help: "The commit's message.") var message: String?
    @OptionGroup var changes: ConfigChangeOptions
    @Argument(help: "The tag, as name:tag.") var tag: String
    @Argument(help: "A tar file, a directory, or '-'.") var source: String

    func run() throws {
        let tag = try TagName(parsing: tag)
        let file = try StandardInput.open(source)
        let repository = try options.repository()
        try Interruption.arm()
        let name = StandardInput.displayed(source)
        let progress = Progress(options, doing: "import \(tag)")
        let result = try repository.importRoot(
            file, named: name, to: tag, message: message, changes: try changes.changes, by: try identity.signature(),
            progress: progress?.update)
        progress?.clear()
        if !result.isNew { options.say("\(tag) has this content already") }
        let output = Output(options)
        output.line(result.commit.hex)
        output.finish()
    }
}
