import ArgumentParser
import Engine
import Glibc

/// The command line: the only part of varve that prints, reads the environment and exits.
@main
struct Varve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "varve",
        abstract: "Git for container filesystems.",
        discussion: """
            A container's root filesystem is tracked like source: commits are image layers, tags are branches, and any \
            commit starts as a container at once.

            Start with:
              varve import debian:12 base.tar
              varve run -it --name work debian:12 bash
              varve diff work
              varve commit work -m 'what changed'
            """,
        version: "varve \(Version.current)",
        groupedSubcommands: [
            CommandGroup(name: "Begin", subcommands: [InitCommand.self, ImportCommand.self, LoadCommand.self]),
            CommandGroup(
                name: "Work",
                subcommands: [
                    RunCommand.self, CreateCommand.self, StartCommand.self, StopCommand.self, RestartCommand.self,
                    KillCommand.self, PauseCommand.self, UnpauseCommand.self, UpdateCommand.self, StatsCommand.self,
                    TopCommand.self, WaitCommand.self, LogsCommand.self, AttachCommand.self, RenameCommand.self,
                    PsCommand.self, RmCommand.self, ExecCommand.self, CpCommand.self, PortCommand.self,
                    VolumeCommand.self, NetworkCommand.self, EventsCommand.self, MountCommand.self, UmountCommand.self,
                    CheckoutCommand.self, SuperviseCommand.self,
                ]),
            CommandGroup(name: "Share", subcommands: [SaveCommand.self, ExportCommand.self]),
            CommandGroup(name: "Record", subcommands: [StatusCommand.self, DiffCommand.self, CommitCommand.self]),
            CommandGroup(
                name: "Look",
                subcommands: [
                    LogCommand.self, ShowCommand.self, HistoryCommand.self, InspectCommand.self,
                    MergeBaseCommand.self, LsCommand.self, CatCommand.self,
                ]),
            CommandGroup(name: "Tags", subcommands: [TagCommand.self, ImagesCommand.self, ReflogCommand.self]),
            CommandGroup(
                name: "Go back", subcommands: [RollbackCommand.self, UndoCommand.self, OpCommand.self]),
            CommandGroup(
                name: "Keep",
                subcommands: [
                    GCCommand.self, FsckCommand.self, DfCommand.self, InfoCommand.self, VersionCommand.self,
                ]),
            CommandGroup(name: "Other engines", subcommands: [OCICommand.self]),
        ])

    static func main() {
        if let words = OCIWords(commandLine: CommandLine.arguments) { OCICommand.main(words) }
        var words = CommandWords(Array(CommandLine.arguments.dropFirst()))
        do {
            try StandardStreams.occupy()
            try words.sort()
            try requireUTF8()
            var command = try words.parsed()
            try command.run()
        } catch {
            // What these exit with is the container's own, but for a few codes that are left to varve.
            Report.exit(
                for: error, as: ["run", "start", "attach", "create", "exec"].contains(words.command) ? 125 : nil)
        }
    }

    /// Words come as bytes, and as Swift strings others in place of what is not UTF-8: a wrong file would be meant.
    static func requireUTF8() throws {
        for (index, word) in CommandLine.arguments.enumerated() {
            guard let bytes = CommandLine.unsafeArgv[index], String(validatingCString: bytes) == nil else { continue }
            throw UsageError("read command line: \(word): word \(index) is not UTF-8")
        }
    }
}

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(name: .customLong("root"), help: "The repository's directory (default: $VARVE_ROOT, or /var/lib/varve).")
    var root: String?

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Say nothing but errors on standard error.")
    var isQuiet = false

    @Flag(name: .customLong("no-pager"), help: "Never page.")
    var noPager = false

    /// Opens the repository, made on first use.
    func repository() throws -> Repository {
        let mode: Repository.CheckoutMode
        switch Environment["VARVE_CHECKOUT"] {
        case nil, "", "auto": mode = .automatic
        case "directory": mode = .directory
        case "image": mode = .image
        case let other?:
            throw UsageError("read VARVE_CHECKOUT: \(other): it takes 'directory', 'image' or 'auto'")
        }
        let repository = try Repository(
            at: rootPath, checkoutMode: mode, plugins: NetworkPlugins(searchPath: Environment["CNI_PATH"]))
        repository.warned = warn
        repository.worded = Report.worded
        return repository
    }

    var rootPath: String {
        if let root { return root }
        if let root = Environment["VARVE_ROOT"], !root.isEmpty { return root }
        if geteuid() == 0 { return "/var/lib/varve" }
        if let data = Environment["XDG_DATA_HOME"], !data.isEmpty { return "\(data)/varve" }
        return "\(Environment["HOME"] ?? "")/.local/share/varve"
    }

    /// Something for a person to know.
    func say(_ text: String) {
        if !isQuiet { StandardError.write("\(text)\n") }
    }
}

extension GlobalOptions {
    /// Something that is not as it should be, and keeps nothing from being done.
    func warn(_ text: String) { say("varve: warning: \(text)") }
}

/// What was typed can't be meant.
struct UsageError: Error {
    /// What failed, the subject, and why.
    let message: String
    let hints: [String]

    init(_ message: String, hints: [String] = []) {
        self.message = message
        self.hints = hints
    }
}

/// Ends the command with an exit code and nothing said.
struct Exit: Error {
    let code: Int32
    init(_ code: Int32) { self.code = code }
}
