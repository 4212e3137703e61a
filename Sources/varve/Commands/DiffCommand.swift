import ArgumentParser
import Engine
import Model
import Snapshot

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what differs between two root filesystems.",
        discussion: """
            With one name, a container is compared with its base and a commit with its first parent. Modified files tell \
            what of them changed: content, mode, owner, xattr.

            Examples:
              varve diff work -p -- /etc
              varve diff debian:12~1 debian:12 --stat
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var form: ChangeOptions
    @Flag(name: .customLong("exit-code"), help: "Exit 1 where there are differences.") var exitsWithCode = false
    @Flag(name: .customLong("times"), help: "Also what only has another modification time.") var showsTimes = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false
    @Argument(help: "One or two containers or revisions.") var places: [String] = []
    @OptionGroup var selection: PathOptions

    func run() throws {
        guard (1...2).contains(places.count) else {
            throw UsageError("diff: takes one or two containers or revisions, then -- and paths")
        }
        try form.refuseBeside(json: isJSON, "diff")
        let repository = try options.repository()
        try Interruption.arm()
        let comparison = try repository.diff(
            places[0], places.count == 2 ? places[1] : nil, paths: try selection.paths(),
            namesOnly: !form.showsPatch && !form.stat)
        let changes = comparison.changes.filter { showsTimes || !$0.isTimesOnly }
        let output = Output(options, paging: !isJSON)
        if isJSON {
            output.json(ChangeForms.json(changes))
        } else {
            try form.print(changes, comparison.source, to: output, otherwise: .long)
        }
        output.finish()
        if exitsWithCode, !changes.isEmpty { throw Exit(1) }
    }
}
