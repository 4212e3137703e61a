import ArgumentParser
import Engine
import Glibc
import Model

struct StatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show what running containers use of the machine.",
        discussion: """
            On a terminal the table is shown again each second, until it is interrupted. Without memory limits, memory is \
            what the processes have now, and disks are what these have read and written.

            Example:
              varve stats --no-stream
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("no-stream"), help: "Show it once.") var isOnce = false
    @Flag(name: .customLong("json"), help: "Print JSON, once.") var isJSON = false
    @Argument(help: "The containers (default: all that run).") var containers: [String] = []

    func run() throws {
        let repository = try options.repository()
        var samples = try Samples(repository, try containers.map { try repository.container($0) })
        // The use of processors is what changed between two looks.
        usleep(500_000)
        try samples.look()
        if isJSON {
            let output = Output(options)
            output.json(.array(samples.rows.map(\.json)))
            return output.finish()
        }
        show(samples)
        while !isOnce, StandardOutput.isTerminal {
            sleep(1)
            try samples.look()
            show(samples)
        }
    }

    private func show(_ samples: Samples) {
        let output = Output(options)
        // Home, and all below is cleared: ECMA-48, CUP and ED.
        if !isOnce, output.isForPerson { output.write("\u{1b}[H\u{1b}[J".utf8) }
        var table = Table([
            "CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS",
        ])
        for row in samples.rows { table.add(row.cells) }
        table.print(to: output)
        output.finish()
    }
}

/// Two looks at the same containers, one after the other.
private struct Samples {
    private let repository: Repository
    /// Empty for all that run.
    private let chosen: [Container]
    private var earlier: [String: ContainerUsage] = [:]
    private(set) var rows: [UsageRow] = []

    init(_ repository: Repository, _ chosen: [Container]) throws {
        (self.repository, self.chosen) = (repository, chosen)
        try look()
    }

    mutating func look() throws {
        let containers = chosen.isEmpty ? try repository.containers() : chosen
        var seen: [String: ContainerUsage] = [:]
        rows = []
        for container in containers {
            let usage = try repository.usage(of: container)
            // One that does not run was not asked for by name.
            if usage == nil, chosen.isEmpty { continue }
            rows.append(UsageRow(container: container, usage: usage, earlier: earlier[container.id]))
            seen[container.id] = usage
        }
        earlier = seen
    }
}

private struct UsageRow {
    let container: Container
    /// Nil where it does not run.
    let usage: ContainerUsage?
    let earlier: ContainerUsage?

    /// 100 for one processor.
    private var processorPercent: Double {
        guard let usage, let earlier, usage.moment > earlier.moment, usage.processorTime > earlier.processorTime else {
            return 0
        }
        return Double(usage.processorTime - earlier.processorTime) / Double(usage.moment - earlier.moment) * 100
    }

    private var memoryPercent: Double {
        guard let usage, usage.memoryLimit > 0 else { return 0 }
        return Double(usage.memory) / Double(usage.memoryLimit) * 100
    }

    /// With two digits behind the point.
    private static func text(_ percent: Double) -> String {
        let hundredths = UInt64((percent * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    var cells: [String] {
        guard let usage else {
            return [container.shortID, container.name, "--", "-- / --", "--", "--", "--", "--"]
        }
        func pair(_ a: UInt64, _ b: UInt64) -> String { "\(ByteCount.text(a)) / \(ByteCount.text(b))" }
        return [
            container.shortID, container.name, "\(Self.text(processorPercent))%", pair(usage.memory, usage.memoryLimit),
            "\(Self.text(memoryPercent))%", usage.network.map { pair($0.received, $0.sent) } ?? "--",
            pair(usage.disks.read, usage.disks.written), "\(usage.tasks)",
        ]
    }

    var json: JSON {
        let names: [JSON.Member] = [.init("id", .string(container.id)), .init("name", .string(container.name))]
        guard let usage else { return .object(names + [.init("running", .bool(false))]) }
        return .object(
            names + [
                .init("running", .bool(true)), .init("cpuPercent", .number(Self.text(processorPercent))),
                .init("processorTime", .integer(usage.processorTime)), .init("memory", .integer(usage.memory)),
                .init("memoryLimit", .integer(usage.memoryLimit)),
                .init("memoryPercent", .number(Self.text(memoryPercent))),
                .init("networkReceived", usage.network.map { .integer($0.received) } ?? .null),
                .init("networkSent", usage.network.map { .integer($0.sent) } ?? .null),
                .init("blockRead", .integer(usage.disks.read)), .init("blockWritten", .integer(usage.disks.written)),
                .init("pids", .integer(usage.tasks)),
            ])
    }
}
