import ArgumentParser
import Engine
import Model

struct CommitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit", abstract: "Make a container's files the next commit of its tag.",
        discussion: """
            Prints the commit. The container's base becomes the new commit, so its status is clean again, and the tag that \
            moved is the one that its next commit moves. Refuses where the tag is not at the container's base.

            Examples:
              varve commit work -m 'install nginx'
              varve commit work -c 'CMD ["bash"]' -c 'ENV LANG=C.UTF-8'
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var identity: IdentityOptions
    @Option(name: .joined("m"), help: "The commit's message.") var message: String?
    @Option(
        name: .joined("t"), help: "The tag to move (default: the one that it was last committed to, or made from).")
    var tag: String?
    @OptionGroup var changes: ConfigChangeOptions
    @Flag(name: .customLong("no-pause"), help: "Do not freeze a running container meanwhile.") var doesNotPause = false
    @Flag(name: .customLong("allow-empty"), help: "Commit although nothing changed.") var allowsEmpty = false
    @Argument(help: "The container.") var container: String
    @OptionGroup var selection: PathOptions

    func run() throws {
        var request = CommitRequest()
        request.message = message
        request.tag = try tag.map { try TagName(parsing: $0) }
        request.pauses = !doesNotPause
        request.changes = try changes.changes
        request.allowsEmpty = allowsEmpty
        request.paths = try selection.paths()
        let repository = try options.repository()
        let container = try repository.container(container)
        try Interruption.arm()
        let id = try repository.commit(container, request, by: try identity.signature())
        if let tag = try repository.tag(of: container, try repository.state(of: container)) {
            options.say("\(tag) is now \(id.short)")
        } else {
            options.say("no tag moved; 'varve tag NAME \(id.short)' names the commit")
        }
        let output = Output(options)
        output.line(id.hex)
        output.finish()
    }
}
