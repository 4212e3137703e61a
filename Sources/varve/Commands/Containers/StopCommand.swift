import ArgumentParser
import Engine

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Ask containers to end, and kill those that do not.",
        discussion: "It prints the names of those that do not run any more.\n\nExample:\n  varve stop -t 1 work")

    @OptionGroup var options: GlobalOptions
    @Option(
        name: [.customShort("t"), .customLong("time"), .customLong("timeout")],
        help: "Seconds to KILL; -1 for no KILL (default: the container's own, or 10).") var time: Int64?
    @Option(name: .shortAndLong, help: "The signal that asks them to end.") var signal: String?
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "stop")
        let seconds = try time.map { try LifecycleFlags.timeout($0, "stop: -t") }
        let signal = try signal.map { try LifecycleFlags.signal($0, "stop: -s") }
        try chosen.tell(chosen.repository.stop(chosen.all, timeout: seconds, signal: signal))
    }
}

struct RestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Stop containers and start them again.",
        discussion: "Example:\n  varve restart -t 1 work")

    @OptionGroup var options: GlobalOptions
    @Option(
        name: [.customShort("t"), .customLong("time"), .customLong("timeout")],
        help: "Seconds to KILL; -1 for no KILL (default: the container's own, or 10).") var time: Int64?
    @Option(name: .shortAndLong, help: "The signal that asks them to end.") var signal: String?
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "restart")
        let detachment = Detachment(repository: chosen.repository, options: options)
        let seconds = try time.map { try LifecycleFlags.timeout($0, "restart: -t") }
        let signal = try signal.map { try LifecycleFlags.signal($0, "restart: -s") }
        var failures = chosen.repository.stop(chosen.all, timeout: seconds, signal: signal)
        for container in chosen.all where !failures.contains(where: { $0.0.id == container.id }) {
            do {
                try detachment.start(container)
                chosen.repository.record(.restart, of: container)
            } catch { failures.append((container, error)) }
        }
        try chosen.tell(failures)
    }
}

struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Send running containers a signal.",
        discussion: "Example:\n  varve kill -s HUP work")

    @OptionGroup var options: GlobalOptions
    @Option(name: .shortAndLong, help: "The signal, by name or number.") var signal: String = "KILL"
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "kill")
        let number = try LifecycleFlags.signal(signal, "kill: -s")
        try chosen.each { try chosen.repository.kill($0, signal: number) }
    }
}

struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until containers have ended, and print their exit codes.",
        discussion: "Example:\n  varve wait work")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The containers.") var containers: [String]

    func run() throws {
        let chosen = try ChosenContainers(containers, options, of: "wait")
        let output = Output(options)
        for container in chosen.all { output.line("\(try chosen.repository.wait(for: container))") }
        output.finish()
    }
}

struct RenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a container another name.",
        discussion: "Example:\n  varve rename work kept")

    @OptionGroup var options: GlobalOptions
    @Argument(help: "The container.") var container: String
    @Argument(help: "Its name from now on.") var name: String

    func run() throws {
        let repository = try options.repository()
        try repository.rename(try repository.container(container), to: name)
    }
}

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Stay with a running container: show what it writes, and type to it.",
        discussion: """
            It exits as the container's command does. In a terminal ctrl-p ctrl-q leave the container to itself.

            Example:
              varve attach --no-stdin work
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var attach: AttachFlags
    @Flag(name: .customLong("no-stdin"), help: "Type nothing to it.") var isSilent = false
    @Argument(help: "The container.") var container: String

    func run() throws {
        try ContainerFailure.exiting {
            let repository = try options.repository()
            let container = try repository.container(container)
            let options = try attach.options(isInteractive: !isSilent, of: "attach")
            return try Detachment(repository: repository, options: self.options).attach(to: container, options)
        }
    }
}

/// The containers that a command names, each looked up before anything is done.
struct ChosenContainers {
    let repository: Repository
    let all: [Container]
    /// As they were typed, by id.
    private let names: [String: String]
    private let options: GlobalOptions

    init(_ texts: [String], _ options: GlobalOptions, of command: String) throws {
        guard !texts.isEmpty else { throw UsageError("\(command): name at least one container") }
        repository = try options.repository()
        self.options = options
        var names: [String: String] = [:]
        var all: [Container] = []
        for text in texts {
            let container = try repository.container(text)
            if names.updateValue(text, forKey: container.id) == nil { all.append(container) }
        }
        (self.all, self.names) = (all, names)
    }

    /// Does something to each, and tells as ``tell(_:)``.
    func each(_ body: (Container) throws -> Void) throws {
        var failures: [(Container, any Error)] = []
        for container in all { do { try body(container) } catch { failures.append((container, error)) } }
        try tell(failures)
    }

    /// Prints the names of those that did not fail, and why the others did.
    func tell(_ failures: [(Container, any Error)]) throws {
        let output = Output(options)
        for container in all where !failures.contains(where: { $0.0.id == container.id }) {
            output.line(names[container.id] ?? container.name)
        }
        output.finish()
        var code: Int32 = 0
        for (_, error) in failures { code = max(code, (error as? Exit)?.code ?? Report.tell(error)) }
        if code != 0 { throw Exit(code) }
    }
}
