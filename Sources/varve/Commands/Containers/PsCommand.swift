import ArgumentParser
import Engine
import Model

struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List containers.", discussion: "Example:\n  varve ps -a")

    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Also those that do not run.") var all = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let repository = try options.repository()
        let rows = try repository.containerStates().filter { all || $0.state.isRunning }
        let damaged = try repository.damagedContainers()
        let output = Output(options)
        if isJSON {
            output.json(
                .array(
                    try rows.map { Self.json($0, $1, tag: try repository.tag(of: $0, $1)) }
                        + damaged.map { Self.json($0) }))
        } else {
            var table = Table(["CONTAINER ID", "NAME", "BASE", "REVISION", "COMMAND", "CREATED", "STATUS"])
            for (container, state) in rows {
                let command = Escaping.displayed(Array(container.configuration.command.joined(separator: " ").utf8))
                table.add([
                    container.shortID, container.name, state.base.short,
                    Escaping.displayed(Array(container.revision.utf8)),
                    command.count > 30 ? "\(command.prefix(29))…" : command, Age.of(container.created),
                    state.statusText,
                ])
            }
            for container in damaged {
                let (id, name) = (Array(container.id.prefix(12).utf8), Array(container.name.utf8))
                table.add([Escaping.displayed(id), Escaping.displayed(name), "", "", "", "", "damaged"])
            }
            table.print(to: output)
        }
        output.finish()
    }

    private static func json(_ container: DamagedContainer) -> JSON {
        [
            "id": .string(container.id), "name": .string(container.name), "status": "damaged",
            "reason": .string(container.reason),
        ]
    }

    private static func json(_ container: Container, _ state: ContainerState, tag: TagName?) -> JSON {
        var status: [JSON.Member] = []
        switch state.status {
        case .created: status.append(.init("status", "created"))
        case .running(let pid): status += [.init("status", "running"), .init("pid", .integer(pid))]
        case .restarting(let code):
            status += [.init("status", "restarting"), .init("exitCode", .integer(code))]
        case .exited(let code): status += [.init("status", "exited"), .init("exitCode", .integer(code))]
        }
        return .object(
            [
                .init("id", .string(container.id)), .init("name", .string(container.name)),
                .init("tag", tag.map { .string($0.description) } ?? .null),
                .init("revision", .string(container.revision)), .init("base", .string(state.base.hex)),
                .init("command", .array(container.configuration.command.map { .string($0) })),
                .init("created", .integer(container.created)),
                .init("started", state.started.map { .integer($0) } ?? .null),
                .init("finished", state.finished.map { .integer($0) } ?? .null),
            ] + status)
    }
}

extension ContainerState {
    var isRunning: Bool {
        if case .running = status { true } else { false }
    }

    fileprivate var statusText: String {
        switch status {
        case .created: "created"
        case .running: "up \(started.map { Age.span($0) } ?? "")"
        case .restarting(let code): "restarting (\(code)) \(finished.map { Age.of($0) } ?? "")"
        case .exited(let code): "exited (\(code)) \(finished.map { Age.of($0) } ?? "")"
        }
    }
}
