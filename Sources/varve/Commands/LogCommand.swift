import ArgumentParser
import Engine
import Model
import ObjectStore
import Snapshot

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Show the history of a tag.",
        discussion: """
            Examples:
              varve log debian:12 --stat
              varve log --oneline debian:12~5..debian:12
              varve log debian:12 -- /etc/nginx
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var form: ChangeOptions
    @Flag(help: "One line a commit.") var oneline = false
    @Flag(help: "The history of all tags.") var all = false
    @Option(
        name: [.customShort("n", allowingJoined: true), .customLong("max-count")], help: "At most so many commits.")
    var limit: Int?
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "Revisions, containers or ranges A..B.") var revisions: [String] = []
    @OptionGroup var selection: PathOptions

    func run() throws {
        guard all || !revisions.isEmpty else {
            throw UsageError("log: name a tag, a revision or a range, or give --all")
        }
        if let limit, limit < 0 { throw UsageError("log: -n: it takes a number from 0, not \(limit)") }
        try form.refuseBeside(json: isJSON, "log", others: [(oneline, "--oneline")])
        var request = LogRequest()
        request.revisions = revisions
        request.all = all
        request.limit = limit
        request.paths = try selection.paths()
        let repository = try options.repository()
        let output = Output(options, paging: !isJSON)
        var listed: [JSON] = []
        var isFirst = true
        try repository.log(request) { logged in
            if isJSON {
                listed.append(CommitForm.json(logged))
                return true
            }
            if oneline {
                output.line(CommitForm.line(logged, output))
            } else {
                if !isFirst { output.line() }
                isFirst = false
                CommitForm.print(logged, to: output)
            }
            if form.isGiven {
                if !oneline { output.line() }
                try form.print(changes(repository, logged, request.paths, output), to: output)
            }
            return true
        }
        if isJSON { output.json(.array(listed)) }
        output.finish()
    }

    private func changes(
        _ repository: Repository, _ logged: LoggedCommit, _ paths: [BytePath], _ output: Output
    ) throws -> Comparison { try repository.changes(in: logged.id, paths: paths) }
}

extension ChangeOptions {
    /// The changes of one commit; what only has another time is left out.
    func print(_ comparison: Comparison, to output: Output) throws {
        try print(comparison.changes.filter { !$0.isTimesOnly }, comparison.source, to: output, otherwise: .none)
    }
}

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one commit and what it changed.",
        discussion: "Example:\n  varve show debian:12 --stat")

    @OptionGroup var options: GlobalOptions
    @OptionGroup var form: ChangeOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "The commit, or a container for its base.") var revision: String
    @OptionGroup var selection: PathOptions

    func run() throws {
        try form.refuseBeside(json: isJSON, "show")
        let repository = try options.repository()
        let logged = try repository.show(revision)
        let comparison = try repository.changes(in: logged.id, paths: try selection.paths())
        let changes = comparison.changes.filter { !$0.isTimesOnly }
        let output = Output(options, paging: !isJSON)
        if isJSON {
            guard case .object(let members) = CommitForm.json(logged) else { return }
            output.json(.object(members + [.init("changes", ChangeForms.json(changes))]))
        } else {
            CommitForm.print(logged, to: output)
            output.line()
            try form.print(changes, comparison.source, to: output, otherwise: .long)
        }
        output.finish()
    }
}
