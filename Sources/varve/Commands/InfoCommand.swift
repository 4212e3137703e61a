import ArgumentParser
import Engine
import Model

struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Tell about the repository and this machine.",
        discussion: "Example:\n  varve info")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let info = try options.repository().info()
        let rows: [(key: String, label: String, value: JSON)] = [
            ("version", "version", .string(Version.current)), ("root", "root", .string(info.root)),
            ("tags", "tags", .integer(info.tags)), ("containers", "containers", .integer(info.containers)),
            ("checkout", "checkout", .string(info.checkout.mode.rawValue)),
            ("checkoutReason", "because", .string(info.checkout.reason)),
            (
                "containersFit", "containers fit",
                info.upperProblem.map { "no: overlayfs can't write on \($0)" } ?? "yes"
            ),
            ("controlGroups", "control groups", info.controlGroups.map { .string($0) } ?? "none"),
            ("kernel", "kernel", .string(info.kernel)), ("libgit2", "libgit2", .string(info.libgit2)),
        ]
        let output = Output(options)
        if isJSON {
            output.json(.object(rows.map { .init($0.key, $0.value) }))
        } else {
            for row in rows {
                let padding = String(repeating: " ", count: 16 - row.label.count)
                output.line("\(row.label):\(padding)\(row.value.string ?? row.value.integer.map { String($0) } ?? "")")
            }
        }
        output.finish()
    }
}

enum Version {
    static let current = "0.1.0"
}

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.", discussion: "Example:\n  varve version")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let output = Output(options)
        if isJSON {
            output.json(["version": .string(Version.current)])
        } else {
            output.line("varve \(Version.current)")
        }
        output.finish()
    }
}
