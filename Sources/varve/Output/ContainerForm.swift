import Engine
import Linux
import Model

/// Containers in JSON (docs/json.md) and in tables.
enum ContainerForm {
    static func json(
        _ container: Container, _ state: ContainerState, tag: TagName?, isPaused: Bool, _ attachments: [Attachment]
    ) -> JSON {
        .object(
            head(container, state, tag: tag)
                + [
                    .init("command", .array(container.configuration.command.map { .string($0) })),
                    .init("created", .integer(container.created)),
                    .init("started", state.started.map { .integer($0) } ?? .null),
                    .init("finished", state.finished.map { .integer($0) } ?? .null),
                ] + status(state, isPaused: isPaused)
                + [
                    .init("labels", labels(container.configuration.process.labels)),
                    .init("networks", .array(attachments.map { .string($0.network) })),
                    .init("ports", .array(attachments.flatMap(\.ports).map(\.json))),
                ])
    }

    static func json(_ found: InspectedContainer) -> JSON {
        let state = found.state
        let configuration = found.container.configuration
        var members = head(found.container, state, tag: found.tag)
        members += [
            .init("checkout", .string(state.checkout.hex)),
            .init("created", .integer(found.container.created)),
            .init("started", state.started.map { .integer($0) } ?? .null),
            .init("finished", state.finished.map { .integer($0) } ?? .null),
        ]
        members += status(state, isPaused: found.isPaused)
        members += [
            .init("signal", state.life.signal.map { .integer($0) } ?? .null),
            .init("outOfMemory", .bool(state.life.isOutOfMemory)),
            .init("restartPolicy", .string(found.container.restartPolicy(in: state).description)),
            .init("restarts", .integer(state.life.restarts)),
            .init("failure", state.life.failure.map { .string($0) } ?? .null),
            .init("health", found.health?.json ?? .null),
            .init("supervisor", state.life.keeper.map { .integer($0.pid) } ?? .null),
            .init("command", .array(found.command.map { .string($0) })),
            .init("environment", .array(found.environment.map { .string($0) })),
            .init("workingDirectory", .string(found.workingDirectory)), .init("user", .string(found.user)),
            .init("hostname", .string(found.hostname)),
            .init("labels", labels(configuration.process.labels)), .init("mounts", .array(found.mounts.map(mount))),
            .init("networks", .array(found.attachments.map(network))),
            .init("ports", .array(found.attachments.flatMap(\.ports).map(\.json))),
            .init("directory", .string(found.directory)),
            .init("log", found.log.map { .string($0) } ?? .null),
            .init("specification", found.specification.map { .string($0) } ?? .null),
            .init("configuration", found.configuration),
        ]
        return .object(members)
    }

    static func json(_ container: DamagedContainer) -> JSON {
        [
            "id": .string(container.id), "name": .string(container.name), "status": "damaged",
            "reason": .string(container.reason),
        ]
    }

    static func labels(_ labels: [Label]) -> JSON { .object(labels.map { .init($0.name, .string($0.value)) }) }

    private static func head(_ container: Container, _ state: ContainerState, tag: TagName?) -> [JSON.Member] {
        [
            .init("id", .string(container.id)), .init("name", .string(container.name)),
            .init("tag", tag.map { .string($0.description) } ?? .null),
            .init("revision", .string(container.revision)), .init("base", .string(state.base.hex)),
        ]
    }

    private static func status(_ state: ContainerState, isPaused: Bool) -> [JSON.Member] {
        let word = JSON.Member("status", .string(word(for: state, isPaused: isPaused)))
        switch state.status {
        case .created: return [word]
        case .running(let process): return [word, .init("pid", .integer(process.pid))]
        case .restarting(let code), .exited(let code): return [word, .init("exitCode", .integer(code))]
        }
    }

    /// What `--filter status=` takes, too.
    static func word(for state: ContainerState, isPaused: Bool) -> String {
        switch state.status {
        case .created: "created"
        case .running: isPaused ? "paused" : "running"
        case .restarting: "restarting"
        case .exited: "exited"
        }
    }

    static let statusWords = ["created", "running", "paused", "restarting", "exited"]

    static func text(_ state: ContainerState, isPaused: Bool, health: Health?) -> String {
        let health = health.map { " (\($0.status.rawValue))" } ?? ""
        return switch state.status {
        case .created: "created"
        case .running: "up \(state.started.map { Age.span($0) } ?? "")\(isPaused ? " (paused)" : health)"
        case .restarting(let code): "restarting (\(code)) \(state.finished.map { Age.of($0) } ?? "")"
        case .exited(let code): "exited (\(code)) \(state.finished.map { Age.of($0) } ?? "")"
        }
    }

    private static func mount(_ found: InspectedMount) -> JSON {
        let mount = found.mount
        var name = JSON.null
        let type: String
        switch mount.source {
        case .path: type = "bind"
        case .volume(let volume): (type, name) = ("volume", .string(volume))
        case .own, .borrowed: type = "volume"
        case .tmpfs: type = "tmpfs"
        }
        return [
            "type": .string(type), "volume": name, "source": found.source.map { .string($0) } ?? .null,
            "destination": .string(mount.destination.text), "readOnly": .bool(mount.isReadOnly),
            "propagation": .string(mount.propagation), "options": .array(mount.options.map { .string($0) }),
        ]
    }

    private static func network(_ attachment: Attachment) -> JSON {
        [
            "network": .string(attachment.network), "interface": .string(attachment.interface),
            "address": attachment.address.map { .string("\($0)") } ?? .null,
            "hardwareAddress": attachment.hardwareAddress.map { .string($0) } ?? .null,
            "names": .array(attachment.names.map { .string($0) }),
        ]
    }
}
