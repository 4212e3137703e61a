import ArgumentParser
import Engine
import Model

struct MergeBaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge-base", abstract: "Find the commit that two histories share.",
        discussion: """
            Prints the nearest common commit; exits with 1 where there is none. Images that were built on one base share it.

            Example:
              varve merge-base debian:12 web:1
            """)

    @OptionGroup var options: GlobalOptions
    @Argument(help: "A revision or a container.") var first: String
    @Argument(help: "Another.") var second: String

    func run() throws {
        guard let base = try options.repository().mergeBase(first, second) else { throw Exit(1) }
        let output = Output(options)
        output.line(base.hex)
        output.finish()
    }
}
