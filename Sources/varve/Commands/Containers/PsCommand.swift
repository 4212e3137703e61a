import ArgumentParser
import Engine
import Model
import ObjectStore

struct PsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps", abstract: "List containers.",
        discussion: """
            Filters: name= (a part of it), id= (its beginning), status=, label=NAME[=VALUE], exited=CODE, ancestor= (a \
            revision), volume= (a name or a place), network=, before= and since= (a container), health= (starting, healthy, unhealthy \
            or none).

            Examples:
              varve ps -a
              varve ps -aq --filter status=exited
            """)

    // -q prints ids alone here, as in docker.
    @OptionGroup var options: GlobalOptions
    @Flag(name: .shortAndLong, help: "Also those that do not run.") var all = false
    @Flag(name: .shortAndLong, help: "Only the one that was made last, whether it runs or not.") var latest = false
    @Option(
        name: [.customShort("n", allowingJoined: true), .customLong("last")], help: "Only so many that were made last.")
    var last: Int?
    @Flag(name: .shortAndLong, help: "With the room that their files take.") var size = false
    @Flag(name: .customLong("no-trunc"), help: "Cut nothing short.") var isWhole = false
    @Option(name: [.customShort("f", allowingJoined: true), .customLong("filter")], help: "Only those: KEY=VALUE.")
    var filter: [String] = []
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        if let last, last < 0 { throw UsageError("ps: -n: it takes a number from 0, not \(last)") }
        let repository = try options.repository()
        let selection = try PsSelection(filter, in: repository)
        let limit = latest ? 1 : last
        let showsAll = all || limit != nil || selection.namesStatus
        var rows: [PsRow] = []
        for (container, state) in try repository.containerStates() {
            guard showsAll || state.status.isAlive else { continue }
            let row = try PsRow(container, state, in: repository)
            if try selection.admits(row) { rows.append(row) }
        }
        if let limit { rows = Array(rows.prefix(limit)) }
        // They have nothing by which they could be chosen.
        let damaged = filter.isEmpty && limit == nil ? try repository.damagedContainers() : []
        let output = Output(options)
        if isJSON {
            output.json(.array(try rows.map { try json($0, repository) } + damaged.map { ContainerForm.json($0) }))
        } else if options.isQuiet {
            for id in rows.map(\.container.id) + damaged.map(\.id) { output.line(isWhole ? id : String(id.prefix(12))) }
        } else {
            try PsTable(rows, isWhole: isWhole, sizes: size ? repository : nil).print(damaged, to: output)
        }
        output.finish()
    }

    private func json(_ row: PsRow, _ repository: Repository) throws -> JSON {
        let json = ContainerForm.json(
            row.container, row.state, tag: try repository.tag(of: row.container, row.state), isPaused: row.isPaused,
            row.attachments)
        guard size, case .object(let members) = json else { return json }
        return .object(
            members + [.init("size", .integer(try repository.writtenSize(of: row.container, row.state)))])
    }
}

/// A container as `ps` shows it.
struct PsRow {
    let container: Container
    let state: ContainerState
    let isPaused: Bool
    let attachments: [Attachment]
    /// Nil without a check.
    let health: Health?

    init(_ container: Container, _ state: ContainerState, in repository: Repository) throws {
        self.container = container
        self.state = state
        isPaused = state.isPaused
        attachments = try repository.attachments(of: container)
        health = try repository.health(of: container)
    }
}

/// Columns that nothing stands in are left out.
private struct PsTable {
    private let rows: [PsRow]
    private let isWhole: Bool
    /// Where sizes are asked for.
    private let sizes: Repository?

    init(_ rows: [PsRow], isWhole: Bool, sizes: Repository?) {
        self.rows = rows
        self.isWhole = isWhole
        self.sizes = sizes
    }

    func print(_ damaged: [DamagedContainer], to output: Output) throws {
        let hasNetworks = rows.contains { !$0.attachments.isEmpty }
        let hasPorts = rows.contains { $0.attachments.contains { !$0.ports.isEmpty } }
        let more = [(hasNetworks, "NETWORKS"), (hasPorts, "PORTS"), (sizes != nil, "SIZE")].filter(\.0).map(\.1)
        var table = Table(["CONTAINER ID", "NAME", "BASE", "REVISION", "COMMAND", "CREATED", "STATUS"] + more)
        for row in rows {
            let command = Escaping.displayed(Array(row.container.configuration.command.joined(separator: " ").utf8))
            var cells = [
                isWhole ? row.container.id : row.container.shortID, row.container.name,
                isWhole ? row.state.base.hex : row.state.base.short,
                Escaping.displayed(Array(row.container.revision.utf8)),
                command.count > 30 && !isWhole ? "\(command.prefix(29))…" : command, Age.of(row.container.created),
                ContainerForm.text(row.state, isPaused: row.isPaused, health: row.health),
            ]
            if hasNetworks { cells.append(row.attachments.map(\.network).joined(separator: ", ")) }
            if hasPorts {
                cells.append(
                    row.attachments.flatMap(\.ports).map { "\($0.host)->\($0.port)" }.joined(separator: ", "))
            }
            if let sizes { cells.append(ByteCount.text(try sizes.writtenSize(of: row.container, row.state))) }
            table.add(cells)
        }
        for container in damaged {
            let (id, name) = (Array(container.id.prefix(isWhole ? 64 : 12).utf8), Array(container.name.utf8))
            table.add(
                [Escaping.displayed(id), Escaping.displayed(name), "", "", "", "", "damaged"] + more.map { _ in "" })
        }
        table.print(to: output)
    }
}
