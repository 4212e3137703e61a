import ArgumentParser
import Engine
import Model
import ObjectStore

struct DfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "df", abstract: "Show what takes room in the repository.",
        discussion: "Sizes are room on the disk; the last column is what 'varve gc' would free.\n\nExample:\n  varve df"
    )

    @OptionGroup var options: GlobalOptions
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        let usage = try options.repository().diskUsage()
        let gc = usage.reclaimable
        let rows: [(key: String, name: String, amount: Amount, frees: Amount?)] = [
            ("objects", "objects", usage.objects, gc?.objects), ("bodies", "bodies", usage.bodies, gc?.bodies),
            ("blobs", "compressed layers", usage.blobs, gc?.blobs),
            ("images", "metadata images", usage.images, gc?.images),
            ("checkouts", "written trees", usage.checkouts, gc?.checkouts),
            ("containers", "containers", usage.containers, Amount()),
            ("volumes", "volumes", usage.volumes, Amount()), ("garbage", "garbage", usage.garbage, gc?.garbage),
        ]
        let output = Output(options)
        if isJSON {
            output.json(.object(rows.map { .init($0.key, Self.json($0.amount, $0.frees)) }))
        } else {
            var table = Table(["KIND", "COUNT", "SIZE", "GC FREES"])
            for row in rows {
                table.add([
                    row.name, "\(row.amount.count)", ByteCount.text(row.amount.bytes),
                    row.frees.map { ByteCount.text($0.bytes) } ?? "?",
                ])
            }
            let frees = gc.map { ByteCount.text($0.bytes) } ?? "?"
            table.add(["all", "", ByteCount.text(rows.reduce(0) { $0 + $1.amount.bytes }), frees])
            table.print(to: output)
        }
        output.finish()
        if let problem = usage.problem { options.say("what gc would free can't be told: \(problem)") }
        if let blobs = gc?.blobs, usage.blobs.bytes > blobs.bytes {
            options.say("'varve gc --drop-blobs' frees \(ByteCount.text(usage.blobs.bytes - blobs.bytes)) more")
        }
    }

    private static func json(_ amount: Amount, _ frees: Amount?) -> JSON {
        ["count": .integer(amount.count), "bytes": .integer(amount.bytes), "reclaimable": frees?.json ?? .null]
    }
}
