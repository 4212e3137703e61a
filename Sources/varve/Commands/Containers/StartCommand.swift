import ArgumentParser
import Engine

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Run containers' commands again, on the files that they left.",
        discussion: """
            It prints the names of those that run then. With -a it stays with the command and exits as that does.

            Examples:
              varve start -a work
              varve start --all-restartable
            """)

    @OptionGroup var options: GlobalOptions
    @OptionGroup var attach: AttachFlags
    @Flag(name: [.customShort("a"), .customLong("attach")], help: "Stay with the command and exit as it does.")
    var isAttached = false
    @Flag(name: [.customShort("i"), .customLong("interactive")], help: "Stay with it, and let it read standard input.")
    var isInteractive = false
    @Flag(
        name: .customLong("all-restartable"),
        help: "After a boot: those whose restart policy says that they are to run.")
    var allRestartable = false
    @Argument(help: "The containers.") var containers: [String] = []

    func run() throws {
        try Interruption.arm()
        let repository = try options.repository()
        let detachment = Detachment(repository: repository, options: options)
        if allRestartable {
            guard containers.isEmpty, !isAttached, !isInteractive else {
                throw UsageError("start: --all-restartable: it takes neither containers nor -a or -i")
            }
            return try start(try repository.restartableContainers(), detachment) { $0.name }
        }
        guard !containers.isEmpty else { throw UsageError("start: name at least one container") }
        guard isAttached || isInteractive else {
            let names = Dictionary(try containers.map { (try repository.container($0).id, $0) }) { first, _ in first }
            let found = try containers.map { try repository.container($0) }
            return try start(found, detachment) { names[$0.id] ?? $0.name }
        }
        guard containers.count == 1 else { throw UsageError("start: -a and -i: they take one container") }
        try ContainerFailure.exiting { try stay(with: try repository.container(containers[0]), detachment) }
    }

    private func stay(with container: Container, _ detachment: Detachment) throws -> Int32 {
        let reads = isInteractive && container.configuration.isInteractive
        let attach = try attach.options(
            isInteractive: reads || (isAttached && container.configuration.isInteractive), of: "start")
        if try detachment.repository.isAlive(container) { return try detachment.attach(to: container, attach) }
        return try detachment.startAttached(
            container, attach, isLasting: !container.configuration.lifecycle.isRemovedAtEnd, endsInput: true)
    }

    /// Starts as many as can be; one that runs is left as it is.
    private func start(
        _ containers: [Container], _ detachment: Detachment, name: (Container) -> String
    ) throws {
        let output = Output(options)
        var code: Int32 = 0
        for container in containers {
            do {
                if try !detachment.repository.isAlive(container) { try detachment.start(container) }
                output.line(name(container))
            } catch let error as Exit {
                code = max(code, error.code)
            } catch {
                code = max(code, Report.tell(error))
            }
        }
        output.finish()
        if code != 0 { throw Exit(code >= 125 ? code : 125) }
    }
}
