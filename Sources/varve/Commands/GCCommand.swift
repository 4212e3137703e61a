import ArgumentParser
import Engine
import Model
import ObjectStore

struct GCCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc", abstract: "Remove what nothing needs any more.",
        discussion: """
            Kept is what a tag, a container, a tag's earlier positions or an operation that can be undone needs. So what \
            was rolled back or undone stays, unless --expire forgets the operations and positions from before a date: \
            those can't be undone any more.

            Examples:
              varve gc
              varve gc --dry-run
              varve gc --expire '30 days ago' --drop-blobs
            """)

    @OptionGroup var options: GlobalOptions
    @Flag(name: [.customShort("n"), .customLong("dry-run")], help: "Tell only what would be freed.")
    var isDryRun = false
    @Option(help: "Forget operations and tags' positions from before this: a date, or '30 days ago'.")
    var expire: String?
    @Flag(help: "Remove the compressed layers of images, which are kept as they came.") var dropBlobs = false
    @Flag(help: "Fail where another command is writing.") var noWait = false
    @Flag(name: .customLong("json"), help: "Print JSON.") var isJSON = false

    func run() throws {
        var request = CollectionRequest()
        request.isDryRun = isDryRun
        request.dropsBlobs = dropBlobs
        request.waits = !noWait
        request.expiry = try expire.map { text in
            guard let moment = Moment.parse(text, now: Moment.now()) else {
                throw UsageError(
                    "read --expire: \(text): it is no date",
                    hints: ["write '2026-11-01', '30 days ago' or 'now'"])
            }
            return moment
        }
        let repository = try options.repository()
        try Interruption.arm()
        let progress = StepProgress(options)
        let collected = try repository.collectGarbage(request) { step in
            switch step {
            case .marking: progress.step("looking for what is needed")
            case .packing(let done, let total): progress.step("packing: \(done) of \(total) objects")
            case .waiting: options.say("waiting for other commands to finish writing")
            case .removing: progress.step("removing")
            }
        }
        progress.clear()
        tell(collected)
    }

    private func tell(_ collected: Collected) {
        let output = Output(options)
        if isJSON {
            var members = collected.kinds.map { JSON.Member($0.key, $0.amount.json) }
            members.append(.init("operations", .integer(collected.operations)))
            members.append(.init("bytes", .integer(collected.bytes)))
            members.append(.init("dryRun", .bool(isDryRun)))
            output.json(.object(members))
        } else {
            for kind in collected.kinds where kind.amount.count > 0 {
                output.line("\(kind.name): \(kind.amount.count), \(ByteCount.text(kind.amount.bytes))")
            }
            if collected.operations > 0 { output.line("operations forgotten: \(collected.operations)") }
            output.line("\(isDryRun ? "would free" : "freed"): \(ByteCount.text(collected.bytes))")
        }
        output.finish()
    }
}
