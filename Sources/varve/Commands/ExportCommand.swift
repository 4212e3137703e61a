import ArgumentParser
import Engine

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all files of a container or revision as one tar file.",
        discussion: """
            All attributes come along, in pax headers; sockets, for which tar has no form, are named.

            Examples:
              varve export work -o work.tar
              varve export debian:12~1 >old.tar
            """)

    @OptionGroup var options: GlobalOptions
    @Option(name: .joined("o"), help: "The file (default: standard output).") var output: String?
    @Argument(help: "A container or a revision.") var place: String

    func run() throws {
        let repository = try options.repository()
        try Interruption.arm()
        let target = try ArchiveTarget(output)
        let leftOut = try target.filling { try repository.export(place, to: $0, named: target.name) }
        for leftOut in leftOut { options.say("left out: \(leftOut.path): \(leftOut.reason)") }
    }
}
